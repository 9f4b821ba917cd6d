import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onnxOf } from '../../src/export/onnx-file';
import type { Parity } from '../../src/export/parity';
import { exportScript } from '../../src/export/script-file';
import { elu, gelu, logSigmoid, prelu, selu, silu, softplus } from '../../src/tensor/activations';
import { arange, full, ones, rand, zeros } from '../../src/tensor/create';
import {
  adaptiveAvgPool2d,
  avgPool2d,
  conv2d,
  convTranspose2d,
  groupNorm,
  instanceNorm,
  interpolate,
  layerNorm,
  linear,
  maxPool2d,
  pad,
  pixelShuffle,
} from '../../src/tensor/functional';
import { addProduct } from '../../src/tensor/linalg';
import { manualSeed } from '../../src/tensor/random';
import { blur2d, downsample2d, upFirDown, upsample2d } from '../../src/tensor/resample';
import { keep, scope } from '../../src/tensor/scope';
import { cat, stack } from '../../src/tensor/shapes';
import type { Tensor } from '../../src/tensor/tensor';
import { taskOfImages } from '../support/export-tasks';

type Made = (x: Tensor) => Tensor;

const folder = mkdtempSync(join(tmpdir(), 'operators-'));
const kept: Tensor[] = [];

/** A constant of the tests. */
function weight(...shape: number[]): Tensor {
  const made = keep(scope(() => rand(shape, { device: 'cpu' }).sub(0.5)));
  kept.push(made);
  return made;
}

let weights: Readonly<Record<string, Tensor>> = {};
let before: readonly Tensor[] = [];

afterAll(() => rmSync(folder, { recursive: true }));

/** Of images [N, 4, H, W]: H and W are multiples of 4. */
const FAMILIES: Readonly<Record<string, Readonly<Record<string, Made>>>> = {
  'of numbers': {
    added: (x) => x.add(x.abs(), { alpha: 0.5 }).add(2).sub(1, { alpha: 2 }),
    reversed: (x) => x.rsub(3).mul(x).div(x.abs().add(1)).div(2).sub(x, { alpha: 3 }),
    powers: (x) => x.abs().add(0.1).pow(1.5).sqrt().add(x.square()).add(x.abs().add(1).rsqrt()),
    logs: (x) => x.exp().log1p().add(x.abs().add(1).log()).add(x.abs().add(1).reciprocal()),
    waves: (x) => x.sin().add(x.cos()).add(x.mul(3).floor()).add(x.ceil()).add(x.sign()).add(x.neg()),
    remainder: (x) => x.mul(5).remainder(1.5),
    limited: (x) =>
      x
        .clamp({ min: -0.5, max: 0.25 })
        .add(x.clamp({ min: 0 }))
        .add(x.clamp({ max: 0.1 })),
    extremes: (x) => x.minimum(x.neg()).add(x.maximum(x.mul(2))),
    blended: (x) => x.lerp(x.neg(), 0.3).add(x.lerp(x.square(), x.abs())),
    chosen: (x) =>
      x
        .where(x.gt(0), x.square())
        .add(x.where(x.le(0.5), 2))
        .add(x.maskedFill(x.ne(0), 3)),
    compared: (x) => cat([x.lt(x.square()), x.ge(0.2), x.eq(x), x.lt(0)].map((each) => each.float())),
  },
  'of activations': {
    relu: (x) => x.relu().add(x.tanh()).add(x.sigmoid()),
    elu: (x) => elu(x, 0.7).add(selu(x)).add(silu(x)),
    gelu: (x) => gelu(x).add(gelu(x, 'tanh')),
    softplus: (x) => softplus(x.mul(30), { beta: 2 }).add(logSigmoid(x.mul(30))),
    prelu: (x) => prelu(x, weights.four),
    softmax: (x) => x.softmax(1).add(x.logSoftmax(1)),
  },
  'of shapes': {
    reshaped: (x) => x.reshape([x.shape[0], 2, 2, -1]),
    merged: (x) => x.reshape([-1, x.shape[2], x.shape[3]]),
    flat: (x) => x.flatten({ startDim: 2 }).transpose(1, 2),
    permuted: (x) => x.permute([0, 2, 3, 1]).unsqueeze(1).squeeze(1),
    expanded: (x) => x.mean([2, 3], { keepdim: true }).expand(x.shape),
    repeated: (x) => x.repeat([1, 2, 1, 3]),
    parts: (x) =>
      cat(
        [
          ...x.chunk(2, 1),
          ...x.split(1, 1),
          x.select(1, 2).unsqueeze(1),
          ...x
            .narrow(1, { start: 1, length: 2 })
            .unbind(1)
            .map((each) => each.unsqueeze(1)),
        ],
        1,
      ),
    halves: (x) => x.narrow(2, { start: x.shape[2] / 2, length: x.shape[2] / 2 }),
    inner: (x) => x.narrow(3, { start: 1, length: x.shape[3] - 2 }),
    sliced: (x) => x.slice(2, { start: 1, step: 2 }).slice(3, { start: 0, end: 3 }),
    stacked: (x) => stack([x, x.flip([2, 3])], 1),
    picked: (x) => x.indexSelect(1, arange({ end: 2 }, { dtype: 'int64', device: 'cpu' })),
    places: (x) => arange({ end: x.shape[2] }, { device: 'cpu' }).unsqueeze(1).mul(x),
    filled: (x) =>
      cat(
        [
          zeros([x.shape[0], 1, x.shape[2], x.shape[3]], { device: 'cpu' }),
          ones([x.shape[0], 1, x.shape[2], x.shape[3]], { device: 'cpu' }),
          full([x.shape[0], 2, x.shape[2], x.shape[3]], 0.5, { device: 'cpu' }),
        ],
        1,
      ).add(x),
  },
  'of sums': {
    sums: (x) => x.sum(1, { keepdim: true }).add(x.mean([2, 3], { keepdim: true })),
    largest: (x) => x.amax([2, 3]).add(x.amin([2, 3])),
    whole: (x) => x.mean().add(x.max()).add(x.min()),
    spread: (x) => x.var(1).add(x.std(1, { correction: 0 })),
    length: (x) => x.norm({ dim: 1 }),
    first: (x) => x.argmax(1).float(),
  },
  'of products': {
    matrices: (x) => x.matmul(x.transpose(2, 3)),
    dense: (x) =>
      linear(x.mean([2, 3]), weights.matrix).add(
        addProduct(weights.four.narrow(0, { start: 0, length: 3 }), {
          a: x.mean([2, 3]),
          b: weights.matrix.t(),
          scale: 0.5,
        }),
      ),
    denseOfMaps: (x) =>
      linear(x.permute([0, 2, 3, 1]), weights.matrix, weights.four.narrow(0, { start: 0, length: 3 })),
    convolution: (x) => conv2d(x, weights.kernel, weights.bias, { stride: 2, padding: 1 }),
    same: (x) => conv2d(x, weights.kernel, null, { padding: 'same', dilation: [2, 1] }),
    grouped: (x) => conv2d(x, weights.grouped, null, { groups: 4, padding: [1, 0] }),
    transposed: (x) => convTranspose2d(x, weights.turned, null, { stride: 2, padding: 1, outputPadding: 1 }),
  },
  'of norms': {
    group: (x) => groupNorm(x, 2, { weight: weights.four, bias: weights.four }),
    instance: (x) => instanceNorm(x, { weight: weights.four, bias: weights.four, eps: 1e-3 }),
    layer: (x) => layerNorm(x.permute([0, 2, 3, 1]), [4], { weight: weights.four }),
  },
  'of pixels': {
    nearest: (x) => interpolate(x, { scaleFactor: 2 }),
    bilinear: (x) => interpolate(x, { scaleFactor: 2, mode: 'bilinear' }),
    corners: (x) => interpolate(x, { scaleFactor: 3, mode: 'bilinear', alignCorners: true }),
    bicubic: (x) => interpolate(x, { scaleFactor: 2, mode: 'bicubic' }),
    smooth: (x) =>
      interpolate(x, { size: [x.shape[2] * 2, x.shape[3] * 2], mode: 'bicubic', antialias: true }),
    shuffled: (x) => pixelShuffle(x, 2),
    bordered: (x) => pad(x, [1, 2, 3, 0], { mode: 'reflect' }),
    stretched: (x) => pad(x, [1, 0, 2, 1], { mode: 'replicate' }),
    framed: (x) => pad(x, [1, 0, -1, 2], { value: 0.5 }),
    pooled: (x) =>
      maxPool2d(x, { kernelSize: 3, stride: 2, padding: 1 }).add(avgPool2d(x, { kernelSize: 2 })),
    averaged: (x) => adaptiveAvgPool2d(x, 1),
    blurred: (x) => blur2d(x).add(downsample2d(upsample2d(x))),
    filtered: (x) => upFirDown(x, { kernel: [1, 2, 5], up: 2, down: 3, padding: [4, 3, -1, 2] }),
    dropped: (x) => upFirDown(x, { kernel: [1, 2], down: 2, padding: [1, -2, 3, 0] }),
  },
};

describe('operators in onnxruntime and in TorchScript give what LibTorch gives, at other sizes, too', () => {
  beforeEach(() => {
    manualSeed(4);
    weights = {
      four: weight(4),
      matrix: weight(3, 4),
      kernel: weight(6, 4, 3, 3),
      grouped: weight(4, 1, 3, 3),
      turned: weight(4, 2, 3, 3),
      bias: weight(6),
    };
    before = kept.splice(0);
  });
  afterEach(() => {
    for (const tensor of before) tensor.dispose();
  });

  test.each(Object.keys(FAMILIES))('%s', async (family) => {
    const task = taskOfImages((x) =>
      Object.fromEntries(Object.entries(FAMILIES[family]).map(([name, make]) => [name, make(x)])),
    );
    // Reductions take their axes otherwise from 18 on.
    for (const opset of family === 'of sums' ? [17, 18] : [17]) {
      const { parity } = await onnxOf(task, { opset, text: { name: 'test', metadata: {} } });
      expect(apart(parity, 1e-4)).toEqual([]);
      expect(parity?.sizes.map(({ H, W }) => `${H}×${W}`)).toEqual(['8×12', '12×8', '16×4']);
    }
    const script = await exportScript(task, join(folder, 'model.pt'));
    expect(apart(script.parity, 1e-5)).toEqual([]);
  });
});

/** The outputs that are further apart than they may be. */
function apart(parity: Parity | null, most: number): string[] {
  const outputs = Object.entries(parity?.outputs ?? {});
  return outputs
    .filter(([, { largest }]) => !(largest <= most))
    .map(([name, { largest }]) => `${name}: ${largest}`);
}
