import { FeatureSet, requireFeatures } from '../../src/metrics/feature-set';
import { full, tensor, zeros } from '../../src/tensor/create';
import { memory } from '../../src/tensor/memory';
import { scope } from '../../src/tensor/scope';
import { cat } from '../../src/tensor/shapes';
import { failure, usage } from '../support/failure';
import { normalFeatures } from '../support/feature-sets';
import { testDevice } from '../support/fixtures';

describe('FeatureSet', () => {
  let set: FeatureSet;
  beforeEach(() => {
    set = new FeatureSet({ dimensions: 3, capacity: 10, device: testDevice });
  });
  afterEach(() => set.dispose());

  test('holds the batches one after the other', () =>
    scope(() => {
      const [a, b] = [normalFeatures([4, 3]), normalFeatures([5, 3], { seed: 2 })];
      set.add(a);
      set.add(b.double());
      expect(set.count).toBe(9);
      expect(set.tensor.dtype).toBe('float32');
      expect(set.tensor.equal(cat([a, b]))).toBe(true);
    }));

  test('takes its memory at once and no more', () =>
    scope(() => {
      const batch = normalFeatures([5, 3]);
      const before = memory();
      set.add(batch);
      set.add(batch);
      expect(memory()).toEqual(before);
      expect(set.tensor.isAliasOf(set.tensor)).toBe(true);
    }));

  test('refuses more images than it has room for, and stays as it was', () =>
    scope(() => {
      set.add(zeros([8, 3], { device: testDevice }));
      expect(() => set.add(zeros([3, 3], { device: testDevice }))).toThrow(
        usage('at most 10 images but received 11'),
      );
      expect(set.count).toBe(8);
    }));

  test('refuses features of another length or type', () =>
    scope(() => {
      expect(() => set.add(zeros([2, 4]))).toThrow(usage('features [N, 3] but received [2, 4]'));
      expect(() => set.add(zeros([3]))).toThrow(usage('[3]'));
      expect(() => set.add(zeros([2, 3], { dtype: 'int32' }))).toThrow(usage('int32'));
    }));

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'names the image whose features hold %p',
    (value) =>
      scope(() => {
        set.add(zeros([5, 3], { device: testDevice }));
        const batch = tensor([
          [0, 1, 2],
          [0, value, 0],
          [value, 0, 0],
        ]);
        expect(() => set.add(batch.to(testDevice))).toThrow(failure('ERR_BAD_FEATURES', 'row 6 holds'));
        expect(set.count).toBe(5);
      }),
  );

  test('refuses a capacity that is not a positive integer', () => {
    expect(() => new FeatureSet({ dimensions: 3, capacity: 0 })).toThrow(usage('capacity'));
    expect(() => new FeatureSet({ dimensions: 0.5, capacity: 2 })).toThrow(usage('dimensions'));
  });
});

describe('requireFeatures', () => {
  test('accepts finite features whose sum overflows', () =>
    scope(() => requireFeatures('test', full([4, 4], 3e38, { device: testDevice }))));

  test('sees infinities that cancel in the sum', () =>
    scope(() => {
      const infinities = tensor([[0], [Number.POSITIVE_INFINITY], [Number.NEGATIVE_INFINITY]]);
      expect(() => requireFeatures('test', infinities)).toThrow(failure('ERR_BAD_FEATURES', 'row 1 '));
    }));

  test('names the fewest images a metric needs', () =>
    scope(() => {
      expect(() => requireFeatures('fid', zeros([1, 2]), { atLeast: 2 })).toThrow(
        usage('fid expects at least 2 images a set but received 1'),
      );
    }));
});
