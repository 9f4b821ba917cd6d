import { FeatureMoments } from '../../src/metrics/moments';
import { zeros } from '../../src/tensor/create';
import { memory } from '../../src/tensor/memory';
import { dispose, scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { expectClose } from '../support/close';
import { failure, usage } from '../support/failure';
import { normalFeatures, setsCases } from '../support/feature-sets';
import { testDevice } from '../support/fixtures';

/** Runs `body` with moments that are disposed after it. */
function withMoments(dimensions: number, body: (...moments: FeatureMoments[]) => void): void {
  const all = [1, 2, 3].map(() => new FeatureMoments(dimensions, { device: testDevice }));
  try {
    scope(() => body(...all));
  } finally {
    for (const moments of all) moments.dispose();
  }
}

/** Mean and covariance of two passes over all features at once. */
function twoPasses(features: Tensor): { mean: Tensor; covariance: Tensor } {
  const x = features.double();
  const centred = x.sub(x.mean(0));
  return {
    mean: x.mean(0),
    covariance: centred
      .t()
      .mm(centred)
      .div(x.shape[0] - 1),
  };
}

describe('FeatureMoments', () => {
  test.each(setsCases())('equal NumPy: %s', (_, { tensors }) => {
    const features = tensors.tensor('a');
    withMoments(features.shape[1], (moments) => {
      for (const batch of features.split(7)) moments.add(batch);
      expect(moments.count).toBe(features.shape[0]);
      expectClose(moments.mean, tensors.tensor('mean'), { relative: 1e-12 });
      expectClose(moments.covariance, tensors.tensor('covariance'), { relative: 1e-12 });
    });
    dispose(features);
  });

  test('do not depend on how the images are cut into batches, or merged', () =>
    withMoments(5, (whole, left, right) => {
      const features = normalFeatures([9000, 5], { mean: 3 });
      whole.add(features);
      left.add(features.slice(0, { end: 1 }));
      left.add(features.slice(0, { start: 1, end: 4500 }));
      right.add(features.slice(0, { start: 4500 }));
      left.merge(right);
      expect(left.count).toBe(whole.count);
      expectClose(left.mean, whole.mean, { relative: 1e-13 });
      expectClose(left.covariance, whole.covariance, { relative: 1e-13 });
    }));

  test('of many dimensions are whole and symmetric', () =>
    withMoments(300, (moments) => {
      const features = normalFeatures([400, 300], { mean: 1 });
      for (const batch of features.split(150)) moments.add(batch);
      const { covariance } = moments;
      expectClose(covariance, twoPasses(features).covariance, { relative: 1e-13 });
      expect(covariance.equal(covariance.t())).toBe(true);
    }));

  test('lose nothing to a mean a billion times the spread', () =>
    withMoments(4, (moments) => {
      const spread = normalFeatures([3000, 4]).double();
      for (const batch of spread.add(1e9).split(100)) moments.add(batch);
      // 16 digits, of which the mean takes 9: 7 are left. A difference of Σx² and N · mean² would have none.
      expectClose(moments.covariance, twoPasses(spread).covariance, { relative: 1e-7 });
    }));

  test('merge with what has seen nothing, on either side', () =>
    withMoments(3, (moments, empty) => {
      moments.add(normalFeatures([10, 3]));
      const { mean, covariance } = moments;
      moments.merge(empty);
      empty.merge(moments);
      for (const one of [moments, empty]) {
        expect(one.count).toBe(10);
        expectClose(one.mean, mean, { relative: 0 });
        expectClose(one.covariance, covariance, { relative: 0 });
      }
    }));

  test('go on from a saved state to the bit', () =>
    withMoments(3, (moments) => {
      moments.add(normalFeatures([10, 3]));
      const restored = FeatureMoments.fromState(moments.stateDict(), { device: testDevice });
      try {
        for (const one of [moments, restored]) one.add(normalFeatures([7, 3], { seed: 5 }));
        expect(restored.count).toBe(17);
        expect(restored.mean.equal(moments.mean)).toBe(true);
        expect(restored.covariance.equal(moments.covariance)).toBe(true);
      } finally {
        restored.dispose();
      }
    }));

  test('refuse a state that is none', () =>
    scope(() => {
      expect(() => FeatureMoments.fromState({})).toThrow(failure('ERR_BAD_STATE', 'nothing'));
      const state = {
        count: zeros([], { dtype: 'int64' }),
        mean: zeros([3], { dtype: 'float64' }),
        scatter: zeros([3, 2], { dtype: 'float64' }),
      };
      expect(() => FeatureMoments.fromState(state)).toThrow(failure('ERR_BAD_STATE', '[3, 2]'));
    }));

  test('stay in the memory they have', () =>
    withMoments(6, (moments) => {
      const batch = normalFeatures([50, 6]);
      const before = memory();
      for (let i = 0; i < 4; i++) moments.add(batch);
      expect(memory()).toEqual(before);
    }));

  test('name the broken image by its place in the stream, and stay as they were', () =>
    withMoments(2, (moments) => {
      moments.add(normalFeatures([10, 2]));
      const mean = moments.mean;
      const broken = normalFeatures([4, 2]);
      broken.select(0, 2).fill_(Number.NaN);
      expect(() => moments.add(broken)).toThrow(failure('ERR_BAD_FEATURES', 'row 12 '));
      expect(moments.count).toBe(10);
      expect(moments.mean.equal(mean)).toBe(true);
    }));

  test('refuse too few images and other lengths', () =>
    withMoments(2, (moments, single) => {
      expect(() => moments.mean).toThrow(usage('at least 1 images'));
      single.add(zeros([1, 2], { device: testDevice }));
      expect(() => single.covariance).toThrow(usage('at least 2 images a set but received 1'));
      expect(() => moments.add(zeros([4, 3]))).toThrow(usage('features [N, 2]'));
      expect(() => new FeatureMoments(-1)).toThrow(usage('dimensions'));
      const other = new FeatureMoments(3, { device: testDevice });
      expect(() => moments.merge(other)).toThrow(usage('moments of 2 dimensions but received 3'));
      other.dispose();
    }));
});
