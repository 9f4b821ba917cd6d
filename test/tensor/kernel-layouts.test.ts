import { leakyRelu } from '../../src/tensor/activations';
import { grad } from '../../src/tensor/autograd';
import { randn } from '../../src/tensor/create';
import { setKernels } from '../../src/tensor/device';
import {
  avgPool2d,
  batchNormLeakyRelu,
  conv2d,
  convTranspose2d,
  dropout,
  groupNorm,
  instanceNormLeakyRelu,
  linear,
} from '../../src/tensor/functional';
import { Generator } from '../../src/tensor/random';
import { downsample2d, upsample2d } from '../../src/tensor/resample';
import { scope } from '../../src/tensor/scope';
import { cat, stack } from '../../src/tensor/shapes';
import type { Tensor } from '../../src/tensor/tensor';

const HALVE = { stride: 2, padding: 1 };

/** One of our own kernels, with arguments on which it runs: the first is the image, of so many images as are asked for. */
interface Kernel {
  readonly name: string;
  readonly shapes: readonly (readonly number[])[];
  /** None and one among them, wherever LibTorch takes those. */
  readonly batches: readonly number[];
  readonly run: (x: Tensor, ...rest: Tensor[]) => Tensor;
  /** How much of the largest number float32 may be away from float64 (2e-5). */
  readonly within?: number;
}

/** Two or three numbers of a channel may be close to each other, and dividing by their variance shows its rounding. */
const FEW = 2e-4;

const ANY = [0, 1, 3];

const normalized = (x: Tensor, weight: Tensor, bias: Tensor): Tensor =>
  batchNormLeakyRelu(x, { weight, bias, training: true }, 0.2);
const ofImages = (x: Tensor, weight: Tensor, bias: Tensor): Tensor =>
  instanceNormLeakyRelu(x, { weight, bias }, 0.2);
const halved = (x: Tensor): Tensor => avgPool2d(x, { kernelSize: 2 });
const grouped = (x: Tensor, weight: Tensor, bias: Tensor): Tensor => groupNorm(x, 2, { weight, bias });
const halve = (x: Tensor, weight: Tensor, bias: Tensor): Tensor => conv2d(x, weight, bias, HALVE);
const double = (x: Tensor, weight: Tensor, bias: Tensor): Tensor => convTranspose2d(x, weight, bias, HALVE);
const around = (x: Tensor, weight: Tensor, bias: Tensor): Tensor => conv2d(x, weight, bias, { padding: 1 });

const KERNELS: readonly Kernel[] = [
  { name: '4×4 of few channels', shapes: [[3, 8, 8], [32, 3, 4, 4], [32]], batches: ANY, run: halve },
  { name: '4×4 by Winograd', shapes: [[32, 8, 8], [32, 32, 4, 4], [32]], batches: [0, 1, 33], run: halve },
  {
    name: 'its transpose to few channels',
    shapes: [[32, 4, 4], [32, 3, 4, 4], [3]],
    batches: ANY,
    run: double,
  },
  {
    name: 'its transpose by Winograd',
    shapes: [[32, 4, 4], [32, 32, 4, 4], [32]],
    batches: [0, 1, 33],
    run: double,
  },
  { name: 'to a few pixels', shapes: [[32, 4, 4], [64, 32, 4, 4], [64]], batches: [0, 1, 2], run: halve },
  {
    name: 'from a few pixels',
    shapes: [[64, 1, 2], [64, 32, 4, 4], [32]],
    batches: [0, 1, 2],
    run: double,
  },
  { name: '3×3', shapes: [[3, 5, 4], [4, 3, 3, 3], [4]], batches: ANY, run: around },
  { name: '3×3 of one pixel', shapes: [[1, 1, 1], [1, 1, 3, 3], [1]], batches: ANY, run: around },
  { name: '3×3 by Winograd', shapes: [[32, 7, 9], [48, 32, 3, 3], [48]], batches: ANY, run: around },
  { name: '3×3 by Winograd to few', shapes: [[33, 8, 8], [3, 33, 3, 3], [3]], batches: ANY, run: around },
  {
    name: 'as large as the image',
    shapes: [[3, 4, 4], [8, 3, 4, 4], [8]],
    batches: ANY,
    run: (x, w, b) => conv2d(x, w, b),
  },
  {
    name: 'from one pixel',
    shapes: [[8, 1, 1], [8, 3, 4, 4], [3]],
    batches: ANY,
    run: (x, w, b) => convTranspose2d(x, w, b),
  },
  { name: 'a dense layer', shapes: [[256], [256, 256], [256]], batches: [0, 1, 16, 17], run: linear },
  { name: 'relu', shapes: [[3, 4, 5]], batches: ANY, run: (x) => x.relu() },
  { name: 'leaky relu', shapes: [[3, 1, 1]], batches: ANY, run: (x) => leakyRelu(x, 0.2) },
  { name: 'leaky relu of no pixels', shapes: [[3, 0, 2]], batches: ANY, run: (x) => leakyRelu(x, 0.2) },
  { name: 'batch norm of images', shapes: [[32, 4, 3], [32], [32]], batches: [1, 3], run: normalized },
  {
    name: 'batch norm of one pixel',
    shapes: [[32, 1, 1], [32], [32]],
    batches: [2, 3],
    run: normalized,
    within: FEW,
  },
  { name: 'batch norm of 5 channels', shapes: [[5, 4, 3], [5], [5]], batches: [1, 3], run: normalized },
  {
    name: 'batch norm of vectors',
    shapes: [[64], [64], [64]],
    batches: [2, 3],
    run: normalized,
    within: FEW,
  },
  { name: 'instance norm', shapes: [[32, 4, 3], [32], [32]], batches: [1, 3], run: ofImages },
  { name: 'instance norm of odd planes', shapes: [[3, 5, 7], [3], [3]], batches: [1, 3], run: ofImages },
  { name: 'means of 2×2 pixels', shapes: [[16, 6, 4]], batches: ANY, run: halved },
  { name: 'group norm', shapes: [[8, 4, 3], [8], [8]], batches: ANY, run: grouped },
  { name: 'resampling to twice the size', shapes: [[3, 4, 5]], batches: ANY, run: (x) => upsample2d(x) },
  {
    name: 'resampling to twice the size, of many channels',
    shapes: [[17, 3, 4]],
    batches: ANY,
    run: (x) => upsample2d(x),
  },
  { name: 'resampling of one pixel', shapes: [[9, 1, 1]], batches: ANY, run: (x) => upsample2d(x) },
  { name: 'resampling to half the size', shapes: [[3, 6, 7]], batches: ANY, run: (x) => downsample2d(x) },
  {
    name: 'resampling to a quarter, of many channels',
    shapes: [[16, 8, 5]],
    batches: ANY,
    run: (x) => downsample2d(x, { kernel: [1, 2, 5, 2, 1, 3], factor: 4 }),
  },
  { name: 'group norm of one pixel', shapes: [[8, 1, 1], [8], [8]], batches: ANY, run: grouped },
];

/** Ways of a tensor's numbers to lie in memory; the numbers stay, but where one stands for all. */
const LAYOUTS: Readonly<Record<string, (tensor: Tensor) => Tensor>> = {
  contiguous: (tensor) => tensor.contiguous(),
  channels_last: (tensor) =>
    tensor.shape.length === 4 ? tensor.to({ memoryFormat: 'channels_last' }) : tensor.contiguous(),
  transposed: (tensor) => tensor.transpose(0, -1).contiguous().transpose(0, -1),
  'every second number': (tensor) => stack([tensor, tensor.mul(-7)], -1).select(-1, 0),
  'the end of a longer one': (tensor) =>
    cat([tensor, tensor]).narrow(0, { start: tensor.shape[0], length: tensor.shape[0] }),
  'one of a batch': (tensor) =>
    tensor.shape.length === 4 && tensor.shape[0] === 1
      ? cat([tensor, tensor]).to({ memoryFormat: 'channels_last' }).select(0, 1).unsqueeze(0)
      : tensor.contiguous(),
  expanded: (tensor) =>
    tensor.narrow(0, { start: 0, length: Math.min(1, tensor.shape[0]) }).expand(tensor.shape),
};

/** Which arguments need a gradient: all, each alone, all but the image. */
function mixes(count: number): boolean[][] {
  const each = Array.from({ length: count }, (_, i) => i);
  const all = [each.map(() => true), ...each.map((i) => each.map((j) => i === j))];
  return count > 2 ? [...all, each.map((i) => i > 0)] : all;
}

/** Output, first gradients without and with a graph, and the gradients of those. */
function everything(
  { run }: Kernel,
  given: readonly Tensor[],
  mix: readonly boolean[],
  seed: Tensor,
): Tensor[] {
  const [x, ...rest] = given.map((tensor) => tensor.detach());
  const leaves = [x, ...rest].filter((_, i) => mix[i]);
  for (const leaf of leaves) leaf.requiresGrad = true;
  const y = run(x, ...rest);
  const plain = grad([y], leaves, { gradOutputs: [seed], retainGraph: true });
  const first = grad([y.mul(y.mul(0.5).add(seed)).sum()], leaves, { createGraph: true });
  const energy = first.map((gradient) => gradient.square().sum()).reduce((a, b) => a.add(b));
  const second = energy.requiresGrad ? grad([energy], leaves, { allowUnused: true }) : [];
  return [y, ...plain, ...first, ...second.filter((gradient) => gradient !== null)];
}

/** The largest difference, as a part of the largest number. */
function distance(found: Tensor, exact: Tensor): number {
  if (exact.shape.includes(0)) return 0;
  const difference = found.to({ dtype: 'float64' }).sub(exact).abs().amax().item();
  return difference / (1 + exact.abs().amax().item());
}

function expectLibtorchs(kernel: Kernel, lay: (tensor: Tensor) => Tensor, batch: number): void {
  const generator = new Generator({ seed: 3 });
  const draw = (shape: readonly number[]) => lay(randn(shape, { generator }));
  const given = kernel.shapes.map((shape, i) => draw(i === 0 ? [batch, ...shape] : shape));
  const [x, ...rest] = given;
  const seed = draw(kernel.run(x, ...rest).shape);
  generator.dispose();
  const double = (tensor: Tensor) => tensor.contiguous().to({ dtype: 'float64' });
  for (const mix of mixes(given.length)) {
    const ours = everything(kernel, given, mix, seed);
    setKernels(false);
    const exact = everything(kernel, given.map(double), mix, double(seed));
    setKernels(true);
    expect(ours.map(({ shape }) => shape)).toEqual(exact.map(({ shape }) => shape));
    for (const [i, tensor] of ours.entries())
      expect(distance(tensor, exact[i])).toBeLessThan(kernel.within ?? 2e-5);
  }
}

describe('our own kernels give LibTorch’s output and its gradients of both orders, by all arguments and by some', () => {
  afterEach(() => setKernels(true));

  describe.each(Object.entries(LAYOUTS))('of tensors that are %s', (_, lay) => {
    test.each(KERNELS)('$name', (kernel) => {
      for (const batch of kernel.batches) scope(() => expectLibtorchs(kernel, lay, batch));
    });
  });
});

describe('dropout', () => {
  test.each(Object.entries(LAYOUTS))(
    'drops and scales its gradients as its output, of tensors that are %s',
    (_, lay) => {
      for (const batch of ANY)
        scope(() => {
          const x = lay(randn([batch, 3, 5, 1]).abs().add(1)).detach();
          x.requiresGrad = true;
          const y = dropout(x, { p: 0.5, training: true });
          const [dx] = grad([y.square().sum()], [x], { createGraph: true });
          const [ddx] = grad([dx.sum()], [x]);
          const kept = y.div(x);
          expect(kept.mul(kept.sub(2)).abs().sum().item()).toBeLessThan(1e-5);
          expect(distance(dx, kept.square().mul(x).mul(2).double())).toBeLessThan(1e-5);
          expect(distance(ddx, kept.square().mul(2).double())).toBeLessThan(1e-5);
        });
    },
  );
});
