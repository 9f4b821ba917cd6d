import { manifoldMetrics } from '../../src/metrics/manifold';
import { neighbourDistances } from '../../src/metrics/nearest-neighbours';
import { full, zeros } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { failure, usage } from '../support/failure';
import { expectNear, normalFeatures, setsCases } from '../support/feature-sets';
import { testDevice } from '../support/fixtures';

const FIGURES = ['precision', 'recall', 'density', 'coverage'] as const;

describe('manifoldMetrics', () => {
  test.each(setsCases())('equal NumPy: %s', (_, { tensors, figures, k, densityK }) =>
    scope(() => {
      const [real, fake] = [tensors.tensor('a'), tensors.tensor('b')];
      const options = { precisionNeighbours: k, densityNeighbours: densityK };
      const found = manifoldMetrics({ real, fake }, options);
      for (const name of FIGURES) expectNear(found[name], figures[name], 1e-12);
    }),
  );

  test('are 1 for a set with itself, and copies count as inside', () =>
    scope(() => {
      const real = normalFeatures([60, 4], { mean: 100 });
      const { precision, recall, coverage } = manifoldMetrics({ real, fake: real.clone() });
      expect({ precision, recall, coverage }).toEqual({ precision: 1, recall: 1, coverage: 1 });
    }));

  test('are 1 for the same constant, and 0 for another', () =>
    scope(() => {
      const real = full([12, 7], 1 / 3, { device: testDevice });
      const same = manifoldMetrics({ real, fake: real.clone() });
      // All 12 balls hold each fake image: 12 of k = 5.
      expectNear(same.density, 12 / 5, 1e-14);
      expect([same.precision, same.recall, same.coverage]).toEqual([1, 1, 1]);
      const other = manifoldMetrics({ real, fake: full([12, 7], 0.3334, { device: testDevice }) });
      expect(FIGURES.map((name) => other[name])).toEqual([0, 0, 0, 0]);
    }));

  test('tell a generator that drops modes from one that adds noise', () =>
    scope(() => {
      const real = normalFeatures([300, 2]);
      const few = manifoldMetrics({ real, fake: normalFeatures([300, 2], { seed: 2, scale: 0.2 }) });
      expect(few.precision).toBeGreaterThan(0.95);
      expect(few.recall).toBeLessThan(0.3);
      const wild = manifoldMetrics({ real, fake: normalFeatures([300, 2], { seed: 2, scale: 5 }) });
      expect(wild.precision).toBeLessThan(0.4);
      expect(wild.recall).toBeGreaterThan(0.9);
    }));

  test('are the same across the seams of the tiles', () =>
    scope(() => {
      const [real, fake] = [normalFeatures([1100, 3]), normalFeatures([4200, 3], { seed: 2, mean: 0.3 })];
      const across = real.double().unsqueeze(1).sub(fake.double().unsqueeze(0)).norm({ dim: 2 });
      const distances = neighbourDistances(real);
      const inside = across.le(distances.narrow(1, { start: 4, length: 1 })).double();
      const found = manifoldMetrics({ real, fake });
      expectNear(found.density, inside.sum().item() / (5 * 4200), 1e-12);
      expectNear(found.coverage, inside.amax(1).mean().item(), 1e-12);
    }));

  test('are the means of what each image contributes', () =>
    scope(() => {
      const [real, fake] = [normalFeatures([40, 3]), normalFeatures([30, 3], { seed: 2, mean: 0.5 })];
      const found = manifoldMetrics({ real, fake });
      const lengths = { precision: 30, recall: 40, density: 30, coverage: 40 };
      for (const name of FIGURES) {
        const values = found.contributions[name];
        expect({ [name]: values.length }).toEqual({ [name]: lengths[name] });
        expectNear(values.reduce((sum, value) => sum + value, 0) / values.length, found[name], 1e-12);
      }
    }));

  test('take the distances between real images where they are known', () =>
    scope(() => {
      const [real, fake] = [normalFeatures([40, 3]), normalFeatures([30, 3], { seed: 2, mean: 0.5 })];
      const realDistances = neighbourDistances(real, { k: 5 });
      expect(manifoldMetrics({ real, fake }, { realDistances })).toEqual(manifoldMetrics({ real, fake }));
      expect(() => manifoldMetrics({ real, fake }, { realDistances, densityNeighbours: 6 })).toThrow(
        usage('realDistances [40, 6]'),
      );
    }));

  test('refuse too few images, other lengths, and NaN', () =>
    scope(() => {
      const real = normalFeatures([10, 3]);
      expect(() => manifoldMetrics({ real: normalFeatures([5, 3]), fake: real })).toThrow(
        usage('at least 6 images a set but received 5'),
      );
      expect(() => manifoldMetrics({ real, fake: normalFeatures([3, 3]) })).toThrow(
        usage('at least 4 images'),
      );
      expect(() => manifoldMetrics({ real, fake: zeros([10, 2]) })).toThrow(usage('features [N, 3]'));
      expect(() => manifoldMetrics({ real, fake: real }, { precisionNeighbours: 0 })).toThrow(
        usage('precisionNeighbours'),
      );
      const fake = real.clone();
      fake.select(0, 4).fill_(Number.POSITIVE_INFINITY);
      expect(() => manifoldMetrics({ real, fake })).toThrow(failure('ERR_BAD_FEATURES', 'row 4 '));
    }));
});
