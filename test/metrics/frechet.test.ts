import { frechetDistance } from '../../src/metrics/frechet';
import { FeatureMoments } from '../../src/metrics/moments';
import { eye, full, tensor, zeros } from '../../src/tensor/create';
import { avgPool2d } from '../../src/tensor/functional';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { usage } from '../support/failure';
import { expectNear, normalFeatures, setsCases } from '../support/feature-sets';
import { testDevice } from '../support/fixtures';

/** The Fréchet distance of two sets of features. */
function between(a: Tensor, b: Tensor): number {
  const moments = [a, b].map((features) => {
    const one = new FeatureMoments(features.shape[1], { device: testDevice });
    one.add(features);
    return one;
  });
  try {
    return frechetDistance(moments[0], moments[1]);
  } finally {
    for (const one of moments) one.dispose();
  }
}

describe('frechetDistance', () => {
  test.each(setsCases())('equals SciPy: %s', (_, { tensors, figures }) =>
    scope(() => {
      const [a, b] = [tensors.tensor('a'), tensors.tensor('b')];
      expectNear(between(a, b), figures.frechet);
      expectNear(between(b, a), figures.frechet);
    }),
  );

  test.each(setsCases())('of a set with itself is 0 within rounding: %s', (_, { tensors }) =>
    scope(() => {
      const features = tensors.tensor('a');
      const spread = features.double().var(0).sum().item();
      expect(between(features, features.clone())).toBeLessThanOrEqual(1e-11 * spread);
    }),
  );

  test('of normal distributions with commuting covariances is the textbook formula', () =>
    scope(() => {
      const moments = (mean: number[], variances: number[]) => ({
        count: 100,
        mean: tensor(mean, { dtype: 'float64' }),
        covariance: eye(3, { dtype: 'float64' }).mul(tensor(variances, { dtype: 'float64' })),
      });
      // With full rank, nearly singular, and singular: each is taken apart in its own way.
      for (const [small, expected] of [
        [0.25, 8 + 4 + 2.25 + 2.25],
        [1e-14, 8 + 4 + 4 + 4],
      ]) {
        const a = moments([0, 1, 2], [1, 4, small]);
        const b = moments([2, 1, 0], [9, small, 4]);
        expectNear(frechetDistance(a, b), expected, 1e-6);
      }
      const a = moments([0, 1, 2], [1, 4, 0]);
      const b = moments([2, 1, 0], [9, 0, 4]);
      // ‖Δμ‖² + Σ(√a − √b)² = 8 + 4 + 4 + 4
      expectNear(frechetDistance(a, b), 20, 1e-14);
    }));

  test('of constant sets is the squared distance of the constants', () =>
    scope(() => {
      const [a, b] = [1, 3].map((value) => full([10, 4], value, { device: testDevice }));
      expect(between(a, b)).toBe(16);
      expect(between(a, a.clone())).toBe(0);
    }));

  test('grows with every step of noise, and of blur', () =>
    scope(() => {
      const images = normalFeatures([400, 64]);
      const noise = normalFeatures([400, 64], { seed: 2 });
      const noisy = [0, 0.1, 0.2, 0.4, 0.8].map((level) => between(images, images.add(noise.mul(level))));
      const blurred = [1, 3, 5, 7].map((kernelSize) => {
        const padding = (kernelSize - 1) / 2;
        const pictures = images.reshape([400, 1, 8, 8]);
        const blur = avgPool2d(pictures, { kernelSize, stride: 1, padding });
        return between(images, blur.reshape([400, 64]));
      });
      for (const distances of [noisy, blurred])
        expect(distances).toEqual([...new Set(distances)].sort((a, b) => a - b));
    }));

  test('does not change when both sets are rotated and moved', () =>
    scope(() => {
      const [a, b] = [normalFeatures([50, 2]), normalFeatures([50, 2], { seed: 2, scale: 2, mean: 1 })];
      const turn = tensor([
        [0.6, -0.8],
        [0.8, 0.6],
      ]).to({ dtype: 'float64', device: testDevice });
      const moved = [a, b].map((features) => features.double().mm(turn).add(7));
      expectNear(between(moved[0], moved[1]), between(a, b), 1e-7);
    }));

  test('refuses fewer than two images and other dimensions', () =>
    scope(() => {
      const two = zeros([2, 3], { device: testDevice });
      expect(() => between(two, zeros([1, 3], { device: testDevice }))).toThrow(
        usage('at least 2 images a set but received 1'),
      );
      expect(() => between(two, zeros([2, 4], { device: testDevice }))).toThrow(
        usage('moments of 3 dimensions but received 4'),
      );
    }));
});
