import { bitsPerDimension, evidenceBound, importanceWeightedBound } from '../../src/metrics/likelihood';
import { full, tensor, zeros } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { expectClose } from '../support/close';
import { failure, usage } from '../support/failure';
import { expectNear, normalFeatures } from '../support/feature-sets';
import { readCases } from '../support/fixtures';

const cases = readCases<{ kind: string }>('metrics/likelihoods').filter(({ kind }) => kind === 'bound');

describe('bounds on likelihoods', () => {
  test.each(cases.map((one) => [one.name, one] as const))('equal SciPy: %s', (_, { tensors }) =>
    scope(() => {
      const weights = tensors.tensor('weights');
      expectClose(importanceWeightedBound(weights), tensors.tensor('weighted'), { relative: 1e-14 });
      expectClose(evidenceBound(weights), tensors.tensor('evidence'), { relative: 1e-14 });
    }),
  );

  test('never fall when samples are added and are averaged over', () =>
    scope(() => {
      const weights = normalFeatures([500, 64], { scale: 2 });
      const bounds = [1, 4, 16, 64].map((k) =>
        importanceWeightedBound(weights.slice(1, { end: k }))
          .mean()
          .item(),
      );
      expect(bounds).toEqual([...bounds].sort((a, b) => a - b));
      const gap = importanceWeightedBound(weights).sub(evidenceBound(weights));
      expect(gap.min().item()).toBeGreaterThanOrEqual(0);
    }));

  test('refuse what is no matrix, and NaN', () =>
    scope(() => {
      expect(() => importanceWeightedBound(zeros([3]))).toThrow(usage('[N, d] but received [3]'));
      expect(() => evidenceBound(full([2, 2], Number.NaN))).toThrow(failure('ERR_BAD_FEATURES', 'row 0 '));
    }));
});

describe('bitsPerDimension', () => {
  test('of uniform bytes is 8, as probabilities and as a density on [−1, 1]', () =>
    scope(() => {
      const dimensions = 3 * 4 * 4;
      const asProbability = full([6], -dimensions * Math.log(256), { dtype: 'float64' });
      expectNear(bitsPerDimension(asProbability, { dimensions }).mean, 8, 1e-14);
      const binWidth = 2 / 256;
      const asDensity = full([6], dimensions * Math.log(1 / 2), { dtype: 'float64' });
      expectNear(bitsPerDimension(asDensity, { dimensions, binWidth }).mean, 8, 1e-14);
    }));

  test('has the standard error of its mean', () =>
    scope(() => {
      const bounds = tensor(
        [1, 2, 3, 6].map((bits) => -bits * 5 * Math.LN2),
        { dtype: 'float64' },
      );
      const { mean, error } = bitsPerDimension(bounds, { dimensions: 5 });
      expectNear(mean, 3, 1e-14);
      expectNear(error, Math.sqrt(14 / 3 / 4), 1e-12);
    }));

  test('refuses no images, and options out of range', () =>
    scope(() => {
      expect(() => bitsPerDimension(zeros([0]), { dimensions: 4 })).toThrow(usage('at least one image'));
      expect(() => bitsPerDimension(zeros([2, 2]), { dimensions: 4 })).toThrow(usage('bounds [N]'));
      expect(() => bitsPerDimension(zeros([2]), { dimensions: 0 })).toThrow(usage('dimensions'));
      expect(() => bitsPerDimension(zeros([2]), { dimensions: 4, binWidth: 0 })).toThrow(usage('binWidth'));
    }));
});
