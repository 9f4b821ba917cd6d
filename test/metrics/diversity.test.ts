import { pairwiseDiversity } from '../../src/metrics/diversity';
import { eye, full, tensor, zeros } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { failure, usage } from '../support/failure';
import { expectNear, normalFeatures } from '../support/feature-sets';
import { testDevice } from '../support/fixtures';

describe('pairwiseDiversity', () => {
  test('is the mean over all pairs, taken one by one', () =>
    scope(() => {
      const features = normalFeatures([30, 4], { mean: 1 });
      features.select(0, 7).zero_();
      const rows = features.double();
      const lengths = rows.norm({ dim: 1, keepdim: true });
      const units = rows.div(lengths.where(lengths.gt(0), 1));
      const all = units.unsqueeze(1).sub(units.unsqueeze(0)).square().sum();
      expectNear(pairwiseDiversity(features).mean, all.item() / (30 * 29), 1e-13);
    }));

  test('is 0 for one image again and again, and 2 at right angles', () =>
    scope(() => {
      const constant = pairwiseDiversity(full([5000, 3], 0.3, { device: testDevice }));
      expect(constant.mean).toBeCloseTo(0, 12);
      expectNear(pairwiseDiversity(eye(6, { device: testDevice })).mean, 2, 1e-14);
      expectNear(pairwiseDiversity(tensor([[1], [-1]])).mean, 4, 1e-14);
    }));

  test('knows its error', () =>
    scope(() => {
      const draws = Array.from({ length: 40 }, (_, seed) =>
        scope(() => pairwiseDiversity(normalFeatures([80, 3], { seed: seed + 1, mean: 1 }))),
      );
      const mean = draws.reduce((sum, draw) => sum + draw.mean, 0) / draws.length;
      const spread = Math.sqrt(draws.reduce((sum, draw) => sum + (draw.mean - mean) ** 2, 0) / 39);
      const claimed = draws.reduce((sum, draw) => sum + draw.error, 0) / draws.length;
      expect(claimed / spread).toBeGreaterThan(0.7);
      expect(claimed / spread).toBeLessThan(1.4);
    }));

  test('refuses a single image, and NaN', () =>
    scope(() => {
      expect(() => pairwiseDiversity(zeros([1, 3]))).toThrow(usage('at least 2 images'));
      expect(() => pairwiseDiversity(full([2, 3], Number.NaN))).toThrow(
        failure('ERR_BAD_FEATURES', 'row 0 '),
      );
    }));
});
