import { grad } from '../../src/tensor/autograd';
import { randn } from '../../src/tensor/create';
import { deviceFacts, setKernels, setThreads } from '../../src/tensor/device';
import { avgPool2d } from '../../src/tensor/functional';
import { manualSeed } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { failure } from '../support/failure';

const HALF = { kernelSize: 2 };

/** Means, gradient, and the gradient of the gradient. */
function everything(input: Tensor, probe: Tensor): Tensor[] {
  const x = input.clone();
  x.requiresGrad = true;
  const output = avgPool2d(x, HALF);
  const weight = probe.clone();
  weight.requiresGrad = true;
  const [slope] = grad([output.mul(weight).sum()], [x], { createGraph: true });
  const [second] = grad([slope.mul(input).sum()], [weight]);
  const [plain] = grad([avgPool2d(x, HALF)], [x], { gradOutputs: [probe] });
  return [output, slope, second, plain];
}

describe('avgPool2d of 2 × 2 pixels', () => {
  beforeEach(() => manualSeed(1));
  afterEach(() => setKernels(true));

  test('refuses images that are smaller than its window', () => {
    scope(() => {
      const image = randn([1, 16, 1, 1]).contiguous('channels_last');
      expect(() => avgPool2d(image, HALF)).toThrow(failure('ERR_TORCH', 'too small'));
    });
  });

  test.each([
    [[3, 16, 6, 10], 'channels_last', 'float32'],
    [[2, 48, 4, 2], 'channels_last', 'bfloat16'],
    [[9, 64, 16, 16], 'channels_last', 'float32'],
    [[2, 16, 7, 6], 'channels_last', 'float32'],
    [[2, 16, 6, 6], 'contiguous', 'float32'],
    [[2, 3, 6, 6], 'channels_last', 'bfloat16'],
    [[2, 16, 6, 6], 'channels_last', 'float64'],
  ] as const)('is that of LibTorch to the bit, with both derivatives: %j, %s, %s', (shape, layout, dtype) => {
    scope(() => {
      const input = randn(shape).to({ dtype }).contiguous(layout);
      const half = [...shape.slice(0, 2), ...shape.slice(2).map((side) => Math.floor(side / 2))];
      const probe = randn(half).to({ dtype }).contiguous(layout);
      const ours = everything(input, probe);
      setKernels(false);
      const library = everything(input, probe);
      expect(ours.map((tensor, i) => tensor.equal(library[i]))).toEqual([true, true, true, true]);
      expect(ours[0].isContiguous(layout)).toBe(true);
    });
  });

  test('takes gradients in any order of their numbers', () => {
    scope(() => {
      const input = randn([2, 32, 8, 8], { requiresGrad: true });
      const x = input.contiguous('channels_last');
      const [slope] = grad([avgPool2d(x, HALF).contiguous().mul(2).sum()], [input]);
      expect(slope.sub(0.5).abs().max().item()).toBe(0);
    });
  });

  test('is the same for any number of threads', () => {
    const { threads } = deviceFacts();
    scope(() => {
      const input = randn([8, 64, 32, 32]).contiguous('channels_last');
      const probe = randn([8, 64, 16, 16]).contiguous('channels_last');
      const [one, two] = [1, 2].map((count) => {
        setThreads(count);
        return everything(input, probe);
      });
      setThreads(threads);
      expect(one.map((tensor, i) => tensor.equal(two[i]))).toEqual([true, true, true, true]);
    });
  });
});
