import { grad } from '../../src/tensor/autograd';
import { randn } from '../../src/tensor/create';
import { conv2d, convTranspose2d, pad } from '../../src/tensor/functional';
import { Generator } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { failure } from '../support/failure';

type Pair = readonly [number, number];

interface Case {
  /** [N, C, H, W], or without N. */
  readonly images: readonly number[];
  /** [out, in / groups, 1, 1]; of the transposed convolution [in, out / groups, 1, 1]. */
  readonly weight: Pair;
  readonly stride: number | Pair;
  readonly padding?: number | Pair | 'valid';
  readonly dilation?: number;
  readonly groups?: number;
  readonly outputPadding?: number | Pair;
}

/** Of fewer channels than a vector has numbers oneDNN's own way writes outside of its memory; of more it is held to the same numbers. */
const DOWN: readonly Case[] = [
  { images: [16, 3, 16, 16], weight: [64, 3], stride: 2 },
  { images: [4, 1, 9, 9], weight: [5, 1], stride: 3 },
  { images: [2, 6, 8, 10], weight: [20, 6], stride: [1, 2] },
  { images: [2, 7, 5, 8], weight: [8, 7], stride: [3, 2], padding: 1 },
  { images: [3, 2, 8, 8], weight: [8, 2], stride: 2, padding: [0, 2], dilation: 2 },
  { images: [2, 6, 8, 8], weight: [4, 3], stride: 2, groups: 2 },
  { images: [2, 40, 8, 6], weight: [48, 40], stride: 2 },
  { images: [1, 3, 1, 7], weight: [4, 3], stride: 4 },
  { images: [3, 6, 8], weight: [4, 3], stride: 2 },
  { images: [2, 3, 8, 8], weight: [4, 3], stride: 2, padding: 'valid' },
];
const UP: readonly Case[] = [
  { images: [16, 16, 8, 8], weight: [16, 4], stride: 2, outputPadding: 1 },
  { images: [16, 3, 8, 8], weight: [3, 4], stride: 3, outputPadding: 2 },
  { images: [2, 3, 4, 5], weight: [3, 7], stride: [2, 3], outputPadding: [0, 1] },
  { images: [2, 5, 6, 5], weight: [5, 4], stride: 2, padding: 1 },
  { images: [2, 5, 6, 6], weight: [5, 4], stride: 3, padding: [2, 4], outputPadding: 1 },
  { images: [2, 3, 4, 4], weight: [3, 2], stride: 2, dilation: 4, outputPadding: 3 },
  { images: [2, 6, 4, 4], weight: [6, 2], stride: 2, groups: 3, outputPadding: 1 },
  { images: [2, 5, 2, 2], weight: [5, 4], stride: 3, padding: [0, 1], outputPadding: [2, 0] },
  { images: [3, 5, 6], weight: [3, 2], stride: 2, outputPadding: 1 },
];

const LAYOUTS: Readonly<Record<string, (tensor: Tensor) => Tensor>> = {
  contiguous: (tensor) => tensor,
  channels_last: (tensor) =>
    tensor.shape.length === 4 ? tensor.to({ memoryFormat: 'channels_last' }) : tensor,
  transposed: (tensor) => tensor.transpose(-1, -2).contiguous().transpose(-1, -2),
};

/** A kernel whose second column is zero, on images with one more column: all that a kernel of one pixel does, by LibTorch's usual way. */
function besideNothing(up: boolean, { padding = 0, ...options }: Omit<Case, 'images' | 'weight'>) {
  const { stride, outputPadding = 0, groups, dilation } = options;
  const of = (pair: number | Pair): Pair => (typeof pair === 'number' ? [pair, pair] : pair);
  const [high, wide] = padding === 'valid' ? [0, 0] : of(padding);
  return (x: Tensor, weight: Tensor, bias: Tensor): Tensor => {
    const kernel = pad(weight, [0, 1]);
    if (!up)
      return conv2d(pad(x, [wide, wide + (dilation ?? 1), high, high]), kernel, bias, {
        stride,
        groups,
        dilation,
      });
    const y = convTranspose2d(x, kernel, bias, { stride, outputPadding, groups, dilation });
    const [height, width] = y.shape.slice(-2);
    return y
      .narrow(-2, { start: high, length: height - 2 * high })
      .narrow(-1, { start: wide, length: width - 2 * wide - (dilation ?? 1) });
  };
}

/** Output, gradients by images, weight and bias, and the gradients of those. */
function everything(run: (...tensors: Tensor[]) => Tensor, given: readonly Tensor[], seed: Tensor): Tensor[] {
  const leaves = given.map((tensor) => tensor.detach());
  for (const leaf of leaves) leaf.requiresGrad = true;
  const y = run(...leaves);
  const first = grad([y.mul(y.mul(0.5).add(seed)).sum()], leaves, { createGraph: true });
  const energy = first.map((one) => one.square().sum()).reduce((a, b) => a.add(b));
  return [y, ...first, ...grad([energy], leaves)];
}

/** The largest difference, as a part of the largest number. */
function distance(found: Tensor, exact: Tensor): number {
  const difference = found.to({ dtype: 'float64' }).sub(exact).abs().amax().item();
  return difference / (1 + exact.abs().amax().item());
}

function expectSame(
  up: boolean,
  { images, weight, ...options }: Case,
  lay: (tensor: Tensor) => Tensor,
): void {
  const convolution = up ? convTranspose2d : conv2d;
  const generator = new Generator({ seed: 3 });
  const channels = weight[up ? 1 : 0] * (up ? (options.groups ?? 1) : 1);
  const x = lay(randn(images, { generator }));
  const w = lay(randn([...weight, 1, 1], { generator }));
  const bias = randn([channels], { generator });
  const run = (...[a, b, c]: Tensor[]) => convolution(a, b, c, options as never);
  const { shape } = run(x, w, bias);
  const seed = randn(shape, { generator });
  generator.dispose();
  const found = everything(run, [x, w, bias], seed);
  const exact = everything(
    besideNothing(up, options) as never,
    [x, w, bias].map((tensor) => tensor.to({ dtype: 'float64' })),
    seed.to({ dtype: 'float64' }),
  );
  for (const [i, tensor] of found.entries()) {
    expect(tensor.shape).toEqual(exact[i].shape);
    expect(distance(tensor, exact[i])).toBeLessThan(2e-5);
  }
}

describe.each(Object.entries(LAYOUTS))('kernels of one pixel in steps of several, of %s images', (_, lay) => {
  test.each(DOWN)('a convolution: %j', (geometry) => {
    for (let round = 0; round < 20; round++) scope(() => expectSame(false, geometry, lay));
  });

  test.each(UP)('a transposed convolution: %j', (geometry) => {
    for (let round = 0; round < 20; round++) scope(() => expectSame(true, geometry, lay));
  });
});

test('images stay channels_last', () => {
  scope(() => {
    const x = randn([2, 3, 8, 8]).to({ memoryFormat: 'channels_last' });
    for (const y of [
      conv2d(x, randn([4, 3, 1, 1]), null, { stride: 2 }),
      convTranspose2d(x, randn([3, 4, 1, 1]), null, { stride: 2, outputPadding: 1 }),
    ])
      expect(y.isContiguous('channels_last')).toBe(true);
  });
});

test('what LibTorch refuses is refused', () => {
  scope(() => {
    const x = randn([2, 3, 4, 4]);
    const up = (options: object, bias: Tensor | null = null) =>
      convTranspose2d(x, randn([3, 4, 1, 1]), bias, { stride: 2, ...options });
    expect(() => up({ outputPadding: 2 })).toThrow(failure('ERR_TORCH', 'output padding'));
    expect(() => up({ padding: 4 })).toThrow(failure('ERR_TORCH', ''));
    expect(() => up({}, randn([5]))).toThrow(failure('ERR_TORCH', 'bias'));
    expect(() => up({}, randn([4], { dtype: 'float64' }))).toThrow(failure('ERR_TORCH', ''));
    expect(() => conv2d(x, randn([4, 5, 1, 1]), null, { stride: 2 })).toThrow(
      failure('ERR_TORCH', 'channels'),
    );
    expect(() => conv2d(x, randn([4, 3, 1, 1]), null, { stride: 0 })).toThrow(failure('ERR_TORCH', ''));
  });
});
