import { grad } from '../../src/tensor/autograd';
import { randn } from '../../src/tensor/create';
import { adaptiveMeansInOrder, bilinearInOrder } from '../../src/tensor/deterministic-resize';
import { setKernels } from '../../src/tensor/device';
import { adaptiveAvgPool2d, interpolate } from '../../src/tensor/functional';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { expectClose } from '../support/close';

const DOUBLE = { dtype: 'float64' } as const;

type Make = (input: Tensor) => Tensor;

/** What LibTorch's own operator gives, ours gives too: values, gradients, and gradients of a function of the gradient. */
function expectSame(shape: readonly number[], ours: Make, theirs: Make): void {
  scope(() => {
    const input = randn(shape, { ...DOUBLE, requiresGrad: true });
    const cotangent = randn(theirs(input).shape, { ...DOUBLE, requiresGrad: true });
    const [a, b] = [ours, theirs].map((make) => {
      const output = make(input);
      // Of the third degree, so that its gradient depends on the input.
      const value = output.pow(3).mul(cotangent).sum();
      const [first] = grad([value], [input], { createGraph: true });
      const second = grad([first.square().sum()], [input, cotangent]);
      return [output, first, ...second];
    });
    for (const [at, tensor] of a.entries()) expectClose(tensor, b[at]);
  });
}

afterEach(() => setKernels(true));

describe('bilinear interpolation in a fixed order equals LibTorch’s to second order', () => {
  // Our filters by LibTorch's operators are what runs on CUDA.
  describe.each([true, false])('with our own kernels: %s', (kernels) => {
    test.each([
      [1, [5, 4]],
      [2, [3, 4]],
      [2, [1, 1]],
      [3, [4, 2]],
      [4, [2, 5]],
      [5, [3, 3]],
      [8, [2, 2]],
    ])('%d times as large, of %j', (scaleFactor, [height, width]) => {
      setKernels(kernels);
      const size = [height * scaleFactor, width * scaleFactor] as const;
      const steps = [1 / scaleFactor, 1 / scaleFactor] as const;
      expectSame(
        [2, 3, height, width],
        (input) => bilinearInOrder(input, { size, steps, alignCorners: false }),
        (input) => interpolate(input, { scaleFactor, mode: 'bilinear' }),
      );
    });
  });

  test.each([
    [[5, 2], false],
    [[7, 9], false],
    [[6, 4], false],
    [[1, 1], false],
    [[5, 2], true],
    [[6, 8], true],
    [[1, 7], true],
  ] as const)('to %j, with aligned corners: %s', (size, alignCorners) => {
    const steps = [3 / size[0], 4 / size[1]] as const;
    expectSame(
      [2, 2, 3, 4],
      (input) => bilinearInOrder(input, { size, steps, alignCorners }),
      (input) => interpolate(input, { size, mode: 'bilinear', alignCorners }),
    );
  });

  test('by a factor for each direction, whose steps are not those of the sizes', () => {
    expectSame(
      [2, 2, 5, 7],
      (input) => bilinearInOrder(input, { size: [11, 5], steps: [1 / 2.3, 1 / 0.8], alignCorners: false }),
      (input) => interpolate(input, { scaleFactor: [2.3, 0.8], mode: 'bilinear' }),
    );
  });

  test('antialiased where images become larger', () => {
    expectSame(
      [2, 2, 4, 4],
      (input) => bilinearInOrder(input, { size: [8, 11], steps: [4 / 8, 4 / 11], alignCorners: false }),
      (input) => interpolate(input, { size: [8, 11], mode: 'bilinear', antialias: true }),
    );
  });

  test('the same call gives the same bits, of float32 in channels_last too', () => {
    scope(() => {
      setKernels(false);
      const input = randn([2, 8, 6, 6]).contiguous('channels_last');
      const make = () => bilinearInOrder(input, { size: [12, 12], steps: [0.5, 0.5], alignCorners: false });
      expect(make().equal(make())).toBe(true);
      expectClose(make(), interpolate(input, { scaleFactor: 2, mode: 'bilinear' }));
    });
  });
});

test.each([
  [
    [5, 6],
    [2, 3],
  ],
  [
    [5, 6],
    [4, 4],
  ],
  [
    [7, 3],
    [1, 5],
  ],
  [
    [4, 4],
    [4, 4],
  ],
] as const)('means of windows of %j to %j equal LibTorch’s to second order', (from, size) => {
  expectSame(
    [2, 3, ...from],
    (input) => adaptiveMeansInOrder(input, size),
    (input) => adaptiveAvgPool2d(input, size),
  );
});
