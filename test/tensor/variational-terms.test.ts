import { ofBytes } from '../../src/data/levels';
import { native } from '../../src/native/addon';
import { grad } from '../../src/tensor/autograd';
import { arange, fromBytes, full, rand, randn, tensor, zerosLike } from '../../src/tensor/create';
import { setKernels, setThreads } from '../../src/tensor/device';
import { Generator } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { wrap } from '../../src/tensor/wrap';
import { distance, expectClose } from '../support/close';
import { testDevice } from '../support/fixtures';

type Term = (...inputs: Tensor[]) => Tensor;

const bernoulliNll: Term = (logits, images) =>
  wrap(native().bernoulliNll(logits.handle, images.handle), 'bernoulliNll');
const gaussianKl: Term = (mean, logVariance) =>
  wrap(native().gaussianKl(mean.handle, logVariance.handle), 'gaussianKl');
const gaussianDraw: Term = (mean, logVariance, noise) =>
  wrap(native().gaussianDraw(mean.handle, logVariance.handle, noise.handle), 'gaussianDraw');

/** Values, gradients by the first `learning` inputs, and the gradients of their squares. */
function everything(term: Term, inputs: readonly Tensor[], learning: number): Tensor[] {
  const leaves = inputs.map((input, i) => {
    const leaf = input.detach();
    leaf.requiresGrad = i < learning;
    return leaf;
  });
  const learned = leaves.slice(0, learning);
  const output = term(...leaves);
  const probe = new Generator({ seed: 7 });
  const cotangent = randn(output.shape, { generator: probe, device: 'cpu' }).to(output.device);
  probe.dispose();
  const weight = cotangent.to({ dtype: output.dtype });
  const plain = grad([output], learned, { gradOutputs: [weight], retainGraph: true });
  const first = grad([output], learned, { gradOutputs: [weight], createGraph: true });
  const sum = first.map((each) => each.to({ dtype: output.dtype }).square().sum()).reduce((a, b) => a.add(b));
  const second = grad([sum], learned, { allowUnused: true });
  return [output, ...plain, ...first, ...second.map((each, i) => each ?? zerosLike(learned[i]))];
}

/** As `everything`, of the same numbers in float64, which LibTorch's operators take. */
function exactly(term: Term, inputs: readonly Tensor[], learning: number): Tensor[] {
  return everything(
    term,
    inputs.map((input) => input.double()),
    learning,
  );
}

function expectAllClose(found: readonly Tensor[], exact: readonly Tensor[], relative: number): void {
  expect(found.length).toBe(exact.length);
  for (const [i, value] of exact.entries()) {
    expect(found[i].shape).toEqual(value.shape);
    // What nearly cancels is as exact as what it is made of, of size 1.
    const size = Math.max(value.norm().item(), Math.sqrt(value.numel));
    expect(found[i].double().sub(value).norm().item()).toBeLessThanOrEqual(relative * size);
  }
}

const generator = new Generator({ seed: 5 });
afterAll(() => generator.dispose());

const drawn = (shape: readonly number[], scale = 1) =>
  randn(shape, { generator, device: 'cpu' }).mul(scale).to(testDevice);
const pixels = (shape: readonly number[]) =>
  rand(shape, { generator, device: 'cpu' }).mul(2).sub(1).to(testDevice);

describe("a Bernoulli's likelihood of images", () => {
  afterEach(() => setKernels(true));

  test.each([[[128, 1, 28, 28]], [[3, 3, 7, 5]], [[1, 1, 1, 1]], [[2, 1_100]], [[2, 3, 4, 5, 3]], [[5]]])(
    "is LibTorch's in float64, with its derivatives: %p",
    (shape) =>
      scope(() => {
        const inputs = [drawn(shape, 3), pixels(shape)];
        expectAllClose(everything(bernoulliNll, inputs, 1), exactly(bernoulliNll, inputs, 1), 1e-6);
      }),
  );

  test('takes images in any layout, and pixels that learn', () =>
    scope(() => {
      const [logits, images] = [drawn([3, 4, 6, 5]), pixels([3, 4, 6, 5])];
      const exact = exactly(bernoulliNll, [logits, images], 1);
      for (const [first, second] of [
        [logits.contiguous('channels_last'), images],
        [logits, images.contiguous('channels_last')],
        [logits.contiguous('channels_last'), images.contiguous('channels_last')],
        [logits.transpose(2, 3).contiguous().transpose(2, 3), images],
      ])
        expectAllClose(everything(bernoulliNll, [first, second], 1), exact, 1e-6);
      const both = [logits, images];
      expectAllClose(everything(bernoulliNll, both, 2), exactly(bernoulliNll, both, 2), 1e-6);
    }));

  test('takes logits of bfloat16, whose gradients are rounded once', () =>
    scope(() => {
      const [logits, images] = [drawn([9, 1, 5, 7], 3).to({ dtype: 'bfloat16' }), pixels([9, 1, 5, 7])];
      const [sums, slopes] = everything(bernoulliNll, [logits, images], 1);
      const [exact, exactSlopes] = exactly(bernoulliNll, [logits, images], 1);
      expect([sums.dtype, slopes.dtype]).toEqual(['float32', 'bfloat16']);
      expect(distance(sums, exact)).toBeLessThan(1e-6);
      expect(distance(slopes, exactSlopes)).toBeLessThan(2.5e-3);
    }));

  test('does not overflow, and keeps what is no number', () =>
    scope(() => {
      const far = [0, -0, 20, -20, 88, -88, 104, -104, 1e4, -1e4, 3e38, -3e38];
      const logits = tensor(far, { device: testDevice, requiresGrad: true }).reshape([far.length, 1]);
      const images = full([far.length, 1], 0.5, { device: testDevice });
      const sums = bernoulliNll(logits, images);
      const [slopes] = grad([sums.sum()], [logits]);
      expect(sums.isfinite().all().item()).toBe(1);
      expectClose(sums, bernoulliNll(logits.double(), images.double()).float(), { relative: 1e-6 });
      const exact = grad([bernoulliNll(logits.double(), images.double()).sum()], [logits]);
      expect(slopes.sub(exact[0]).abs().max().item()).toBeLessThan(2e-7);
      const none = tensor([Number.NaN, 1], { device: testDevice, requiresGrad: true });
      const [nowhere] = grad([bernoulliNll(none, full([2], 0, { device: testDevice })).sum()], [none]);
      expect(nowhere.toArray()).toEqual([Number.NaN, expect.any(Number)]);
    }));

  test('is small where the decoder is sure and right', () =>
    scope(() => {
      const logits = tensor([15, 40, 80], { device: testDevice });
      const sums = bernoulliNll(logits, full([3], 1, { device: testDevice }));
      const exact = bernoulliNll(logits.double(), full([3], 1, { dtype: 'float64', device: testDevice }));
      // 3e-7 and below: of the size of one's own rounding, not of a logit's.
      expect(sums.sub(exact).abs().max().item()).toBeLessThan(1e-12);
    }));
});

describe("a Gaussian posterior's terms", () => {
  const shapes = [[[128, 20]], [[3, 5]], [[1, 1]], [[4, 2, 3, 3]], [[7]]];

  test.each(shapes)("are LibTorch's in float64, with their derivatives: divergence of %p", (shape) =>
    scope(() => {
      const inputs = [drawn(shape), drawn(shape, 2)];
      expectAllClose(everything(gaussianKl, inputs, 2), exactly(gaussianKl, inputs, 2), 1e-6);
    }),
  );

  test.each(shapes)("are LibTorch's in float64, with their derivatives: draws of %p", (shape) =>
    scope(() => {
      const inputs = [drawn(shape), drawn(shape, 2), drawn(shape)];
      expectAllClose(everything(gaussianDraw, inputs, 2), exactly(gaussianDraw, inputs, 2), 1e-6);
    }),
  );

  test('take one side that learns, other layouts, and noise that learns', () =>
    scope(() => {
      const [mean, logVariance, noise] = [drawn([6, 4]), drawn([6, 4]), drawn([6, 4])];
      const turned = logVariance.t().contiguous().t();
      const exact = exactly(gaussianKl, [mean, logVariance], 2);
      expectAllClose(everything(gaussianKl, [mean, turned], 2), exact, 1e-6);
      expectAllClose(everything(gaussianKl, [mean, logVariance], 1).slice(0, 2), exact.slice(0, 2), 1e-6);
      const all = [mean, turned, noise];
      expectAllClose(everything(gaussianDraw, all, 3), exactly(gaussianDraw, all, 3), 1e-6);
    }));

  test('give what float32 gives at the ends of e^x', () =>
    scope(() => {
      const ends = [-200, -100, -87.3, -80, 0, 80, 88, 88.5, 88.7, 89, 200];
      const logVariance = tensor(ends, { device: testDevice }).reshape([ends.length, 1]);
      const mean = full([ends.length, 1], 0, { device: testDevice });
      const found = gaussianKl(mean, logVariance);
      setKernels(false);
      const library = gaussianKl(mean, logVariance);
      setKernels(true);
      const own = Array.from(found.toTypedArray(), Number);
      for (const [i, value] of Array.from(library.toTypedArray(), Number).entries()) {
        if (Number.isFinite(value)) expect(Math.abs(own[i] - value)).toBeLessThanOrEqual(1e-6 * value);
        else expect(own[i]).toBe(value);
      }
    }));
});

test('terms are the same bits on one thread, two and three', () => {
  try {
    scope(() => {
      const [logits, images] = [drawn([67, 3, 20, 20]), pixels([67, 3, 20, 20])];
      const [one, ...others] = [1, 2, 3].map((count) => {
        setThreads(count);
        return everything(bernoulliNll, [logits, images], 1).slice(0, 2);
      });
      for (const other of others)
        for (const [i, value] of one.entries()) expect(other[i].equal(value)).toBe(true);
    });
  } finally {
    setThreads(1);
  }
});

describe('bytes of pixels', () => {
  const bytes = () =>
    fromBytes(
      Uint8Array.from({ length: 512 }, (_, i) => i),
      { dtype: 'uint8', shape: [8, 1, 8, 8], device: testDevice },
    );

  test("are the bits of LibTorch's division, all of them or some rows", () =>
    scope(() => {
      const images = bytes();
      const exact = images
        .to({ dtype: 'float32' })
        .div(full([], 127.5, { device: testDevice }))
        .sub(1);
      expect(ofBytes(images).equal(exact)).toBe(true);
      for (const dtype of ['int32', 'int64'] as const) {
        const rows = tensor([5, 0, 0, 7], { dtype, device: testDevice });
        expect(ofBytes(images, rows).equal(exact.indexSelect(0, rows))).toBe(true);
      }
      const part = images.narrow(2, { start: 1, length: 3 });
      expect(ofBytes(part).equal(exact.narrow(2, { start: 1, length: 3 }))).toBe(true);
      const none = arange({ end: 0 }, { dtype: 'int64', device: testDevice });
      expect(ofBytes(images, none).shape).toEqual([0, 1, 8, 8]);
    }));

  test('are not read beyond the last row', () =>
    scope(() => {
      for (const row of [8, -1])
        expect(() =>
          ofBytes(bytes(), tensor([row], { dtype: 'int64', device: testDevice })).toArray(),
        ).toThrow();
    }));
});
