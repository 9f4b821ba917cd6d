import { ops } from '../../src/native/ops.generated';
import { ones, randn, tensor, zeros } from '../../src/tensor/create';
import { setKernels, setThreads } from '../../src/tensor/device';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';

/** Whether a number of some tensor is found to be none, by our kernel or LibTorch's. */
function found(gradients: readonly Tensor[], scale: Tensor = ones([])): number {
  const result = zeros([]);
  const handles = gradients.map(({ handle }) => handle);
  ops._amp_foreach_non_finite_check_and_unscale_(handles, result.handle, scale.handle);
  return result.item();
}

/** Some tensors, small and large, with a number at some place of the last. */
function withNumber(value: number, place: number): Tensor[] {
  const last = randn([70_001]);
  last.narrow(0, { start: place, length: 1 }).fill_(value);
  return [randn([3]), zeros([0]), randn([4, 32, 3, 3]).contiguous('channels_last'), last];
}

describe('the search for gradients that are not finite', () => {
  afterEach(() => {
    setKernels(true);
    setThreads(2);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('finds %p anywhere', (value) =>
    scope(() => {
      for (const threads of [1, 2])
        for (const place of [0, 15, 16_383, 16_384, 70_000]) {
          setThreads(threads);
          expect(found(withNumber(value, place))).toBe(1);
        }
    }),
  );

  test('finds none in numbers of any size, and changes none', () =>
    scope(() => {
      const numbers = [0, -0, 1e-45, -3.4028234663852886e38, 3.4028234663852886e38];
      const gradient = tensor(numbers);
      expect(found([...withNumber(3.4028234663852886e38, 70_000), gradient])).toBe(0);
      expect([...gradient.toTypedArray()]).toEqual([...Float32Array.from(numbers)]);
    }));

  test('leaves what was found before', () =>
    scope(() => {
      const result = ones([]);
      ops._amp_foreach_non_finite_check_and_unscale_([ones([2]).handle], result.handle, ones([]).handle);
      expect(result.item()).toBe(1);
    }));

  test('is LibTorch’s for other scales, dtypes and tensors with gaps', () =>
    scope(() => {
      const scaled = ones([40]);
      expect(found([scaled], tensor(0.5))).toBe(0);
      expect(scaled.sum().item()).toBe(20);
      expect(found([ones([4], { dtype: 'bfloat16' }).mul(Number.NaN)])).toBe(1);
      const wide = ones([4, 6]);
      wide.narrow(1, { start: 3, length: 1 }).fill_(Number.NaN);
      expect(found([wide.narrow(1, { start: 0, length: 3 })])).toBe(0);
      expect(found([wide.narrow(1, { start: 2, length: 3 })])).toBe(1);
      setKernels(false);
      expect(found(withNumber(Number.NaN, 7))).toBe(1);
    }));
});
