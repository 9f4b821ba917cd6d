import { kernelDistance } from '../../src/metrics/kernel-distance';
import { full, zeros } from '../../src/tensor/create';
import { getRngState } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import { failure, usage } from '../support/failure';
import { expectNear, normalFeatures, setsCases } from '../support/feature-sets';
import { testDevice } from '../support/fixtures';

describe('kernelDistance', () => {
  test.each(setsCases())('of whole sets equals NumPy: %s', (_, { tensors, figures, smaller }) =>
    scope(() => {
      const [real, fake] = ['a', 'b'].map((name) => tensors.tensor(name).slice(0, { end: smaller }));
      const { mean, std } = kernelDistance({ real, fake }, { blocks: 4 });
      // The terms are up to a million times the difference where means are far from 0.
      expectNear(mean, figures.kernel, 1e-6);
      expect(std).toBe(0);
    }),
  );

  test('is unbiased: halves of one set differ by 0 within three errors, again and again', () =>
    scope(() => {
      const deviations = Array.from({ length: 12 }, (_, seed) =>
        scope(() => {
          const features = normalFeatures([400, 8], { seed: seed + 1 });
          const [real, fake] = features.split(200);
          const { mean, error } = kernelDistance({ real, fake }, { blocks: 50, size: 50 });
          return mean / error;
        }),
      );
      expect(deviations.every((deviation) => Math.abs(deviation) < 3)).toBe(true);
      expect(deviations.some((deviation) => deviation < 0)).toBe(true);
      expect(deviations.some((deviation) => deviation > 0)).toBe(true);
    }));

  test('estimates the spread over draws of both sets', () =>
    scope(() => {
      const draws = Array.from({ length: 30 }, (_, seed) =>
        scope(() => {
          const real = normalFeatures([200, 4], { seed: 2 * seed + 1 });
          const fake = normalFeatures([200, 4], { seed: 2 * seed + 2, mean: 0.5 });
          return kernelDistance({ real, fake }, { blocks: 40, size: 60 });
        }),
      );
      const mean = draws.reduce((sum, draw) => sum + draw.mean, 0) / draws.length;
      const spread = Math.sqrt(
        draws.reduce((sum, draw) => sum + (draw.mean - mean) ** 2, 0) / (draws.length - 1),
      );
      const claimed = draws.reduce((sum, draw) => sum + draw.error, 0) / draws.length;
      expect(claimed / spread).toBeGreaterThan(0.6);
      expect(claimed / spread).toBeLessThan(1.6);
    }));

  test('measures the error on halves where a block is more than half of a set', () =>
    scope(() => {
      const [real, fake] = [normalFeatures([60, 4]), normalFeatures([60, 4], { seed: 2, mean: 0.5 })];
      const whole = kernelDistance({ real, fake });
      const halves = kernelDistance({ real, fake }, { size: 30 });
      expect(whole.std).toBe(0);
      expectNear(whole.error, halves.std, 1e-12);
      expectNear(halves.error, halves.std, 1e-12);
    }));

  test('draws by its seed, and leaves the global generator alone', () =>
    scope(() => {
      const [real, fake] = [normalFeatures([100, 4]), normalFeatures([100, 4], { seed: 2 })];
      const before = getRngState();
      const draw = (seed: number) => kernelDistance({ real, fake }, { blocks: 5, size: 20, seed });
      expect(draw(3)).toEqual(draw(3));
      expect(draw(3)).not.toEqual(draw(4));
      expect(getRngState()).toEqual(before);
    }));

  test('of constant sets is the square of the difference of their kernels', () =>
    scope(() => {
      const [real, fake] = [1, 2].map((value) => full([10, 4], value, { device: testDevice }));
      // k(1,1) + k(2,2) − 2 k(1,2) = 2³ + 5³ − 2 · 3³
      expect(kernelDistance({ real, fake }).mean).toBeCloseTo(79, 10);
      expect(kernelDistance({ real, fake: real }).mean).toBeCloseTo(0, 10);
    }));

  test('refuses too few images, other lengths, a block larger than a set, and NaN', () =>
    scope(() => {
      const real = normalFeatures([10, 4]);
      expect(() => kernelDistance({ real, fake: zeros([2, 4]) })).toThrow(usage('at least 3 images'));
      expect(() => kernelDistance({ real, fake: zeros([5, 3]) })).toThrow(usage('features [N, 4]'));
      expect(() => kernelDistance({ real, fake: real }, { size: 11 })).toThrow(usage('between 2 and 10'));
      expect(() => kernelDistance({ real, fake: real }, { blocks: 0 })).toThrow(usage('blocks'));
      const fake = full([3, 4], Number.NaN);
      expect(() => kernelDistance({ real, fake })).toThrow(failure('ERR_BAD_FEATURES', 'row 0 '));
    }));
});
