import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onnxOf } from '../../src/export/onnx-file';
import { exportScript } from '../../src/export/script-file';
import { expm1, softplus } from '../../src/tensor/activations';
import { arange, full } from '../../src/tensor/create';
import {
  adaptiveAvgPool2d,
  avgPool2d,
  batchNorm,
  conv2d,
  groupNorm,
  interpolate,
  maxPool2d,
  pad,
  pixelUnshuffle,
} from '../../src/tensor/functional';
import { cat, stack } from '../../src/tensor/shapes';
import type { Tensor } from '../../src/tensor/tensor';
import { taskOfImages } from '../support/export-tasks';

const folder = mkdtempSync(join(tmpdir(), 'edges-'));
afterAll(() => rmSync(folder, { recursive: true }));

const text = { name: 'test', metadata: {} };
const CPU = { device: 'cpu' } as const;

/** What operators do at the edges of what they take, of images [N, 4, H, W]. */
const EDGES: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  'the last two, counted from the end': (x) => x.narrow(1, { start: -2, length: 2 }),
  'one, counted from the end': (x) => x.select(-1, -2).unsqueeze(-1),
  'the last row, wherever that is': (x) => x.select(2, x.shape[2] - 1),
  'all but the last column': (x) => x.slice(3, { end: -1 }),
  'a slice that begins at the end': (x) => x.slice(3, { start: -3, step: 2 }),
  'the upper half': (x) => x.slice(2, { end: x.shape[2] / 2 }),
  'a softplus that is a line early on': (x) => softplus(x.mul(4), { threshold: 1 }),
  'a steep softplus': (x) => softplus(x, { beta: 3, threshold: 2 }),
  'e to the x less one': (x) => expm1(x),
  'whole numbers with a half': (x) => places(x).lt(1.5).float().add(places(x).add(0.5)),
  'whole numbers rounded': (x) => places(x).floor().add(places(x).ceil()).float(),
  'whole numbers, limited': (x) => places(x).clamp({ min: 1, max: 2 }).float(),
  'whole numbers divided': (x) => places(x).div(4),
  'whole numbers to a power': (x) => places(x).pow(2).float(),
  'truth added up': (x) => x.gt(0).sum(1).float(),
  'truth and a half': (x) => x.gt(0).add(0.5),
  'truth times numbers': (x) => x.gt(0).mul(x),
  'truth above a number': (x) => x.gt(0).gt(0).float(),
  'truth that is no number': (x) => x.gt(0).eq(2).float(),
  'truth below truth': (x) => x.gt(0.5).lt(x.gt(0)).float(),
  'stacked of two kinds': (x) => stack([x, x.gt(0).float()], 0),
  'halves of a place': (x) => arange({ start: 0.5, end: 4, step: 1 }, CPU).reshape([1, 4, 1, 1]).mul(x),
  'numbers of an open side': (x) => x.div(full([x.shape[3]], 3, CPU)),
  'a mean of all': (x) => x.mean(),
  'a sum of no dimension': (x) => x.mean().mean(),
  'a power of negatives': (x) => x.pow(3).add(x.pow(2)),
  'a remainder of negatives': (x) => x.sub(1).remainder(0.3).add(x.sub(1).remainder(-0.7)),
  'the norm of a batch in use': (x) => {
    const [mean, variance] = [full([4], 0.1, CPU), full([4], 0.5, CPU)];
    return batchNorm(x.mean([2, 3]), { runningMean: mean, runningVar: variance, training: false });
  },
  'the norm of sequences': (x) => groupNorm(x.flatten({ startDim: 2 }), 2),
  'the norm of vectors': (x) => groupNorm(x.mean([2, 3]), 2),
  'nearest, of an odd factor': (x) => interpolate(x, { scaleFactor: 1.5 }),
  'nearest, smaller': (x) => interpolate(x, { scaleFactor: 0.5 }),
  'nearest, of a size': (x) => interpolate(x.slice(2, { end: 7 }).slice(3, { end: 3 }), { size: [10, 5] }),
  'nearest, of a size that is no multiple': (x) =>
    interpolate(x.slice(2, { end: 6 }).slice(3, { end: 3 }), { size: [10, 7] }),
  'nearest, of a factor that does not come out even': (x) =>
    interpolate(x.slice(2, { end: 7 }).slice(3, { end: 3 }), { scaleFactor: 1.5 }),
  'bilinear, of a factor that does not come out even': (x) =>
    interpolate(x.slice(2, { end: 7 }).slice(3, { end: 3 }), { scaleFactor: 1.7, mode: 'bilinear' }),
  'bilinear, of a size': (x) =>
    interpolate(x.slice(2, { end: 7 }).slice(3, { end: 3 }), { size: [11, 8], mode: 'bilinear' }),
  'bilinear, smaller': (x) => interpolate(x, { scaleFactor: 0.5, mode: 'bilinear' }),
  'bicubic, of a size': (x) =>
    interpolate(x.slice(2, { end: 7 }).slice(3, { end: 4 }), { size: [13, 9], mode: 'bicubic' }),
  'bilinear to one pixel': (x) => interpolate(x, { size: 1, mode: 'bilinear', alignCorners: true }),
  'to the size of another': (x) =>
    interpolate(x.mean([2, 3], { keepdim: true }), { size: [x.shape[2], x.shape[3]] }),
  'back to the size it had': (x) =>
    interpolate(avgPool2d(x, { kernelSize: 2 }), { size: [x.shape[2], x.shape[3]], mode: 'bilinear' }),
  'largest of windows over the border': (x) =>
    maxPool2d(x, { kernelSize: 3, stride: 2, padding: 1, ceilMode: true }),
  'largest of windows of an odd side': (x) =>
    maxPool2d(x.slice(2, { end: 7 }).slice(3, { end: 4 }), { kernelSize: 2, stride: 3, ceilMode: true }),
  'means of windows over the border': (x) =>
    avgPool2d(x.slice(2, { end: 7 }).slice(3, { end: 4 }), { kernelSize: 3, stride: 2, ceilMode: true }),
  'means of windows over a padded border': (x) =>
    avgPool2d(x.slice(2, { end: 7 }).slice(3, { end: 4 }), {
      kernelSize: 3,
      stride: 2,
      padding: 1,
      ceilMode: true,
    }),
  'means of windows without the padding': (x) =>
    avgPool2d(x, { kernelSize: 3, stride: 1, padding: 1, countIncludePad: false }),
  'means of as many windows': (x) => adaptiveAvgPool2d(x.slice(2, { end: 8 }).slice(3, { end: 4 }), [4, 2]),
  'pixels as channels': (x) => pixelUnshuffle(x, 2),
  'same size of an even kernel': (x) => conv2d(x, full([2, 4, 2, 4], 0.1, CPU), null, { padding: 'same' }),
  'a border of nothing': (x) => pad(x, [0, 0, 0, 0]),
  'a border of the channels': (x) => pad(x, [0, 0, 0, 0, 1, 2]),
  'sums of no axis': (x) => x.sum([]),
  'the first of the largest': (x) => x.mul(0).argmax(1).float(),
  'repeated to an open size': (x) => full([1, 1, 1, 1], 2, CPU).repeat([x.shape[0], 1, x.shape[2], 1]),
  'spread to an open size': (x) => full([1, 4, 1, 1], 2, CPU).expand([x.shape[0], 4, x.shape[2], x.shape[3]]),
  'an image beside itself': (x) => cat([x, x], 3),
  'places of all sides': (x) => x.reshape([x.shape[0], 4 * x.shape[2] * x.shape[3]]),
  'channels last and flat': (x) => x.permute([0, 2, 3, 1]).reshape([-1, 4]),
  'two open sides at once': (x) =>
    x.reshape([x.shape[0], 4, -1]).transpose(1, 2).reshape([-1, x.shape[2], 4]),
};

/** 0, 1, 2, 3 by channel, int64. */
function places(x: Tensor): Tensor {
  return x
    .argmax(1)
    .unsqueeze(1)
    .add(arange({ end: 4 }, { ...CPU, dtype: 'int64' }).reshape([1, 4, 1, 1]));
}

describe('at its edges an operator gives what LibTorch gives', () => {
  test.each(Object.keys(EDGES))('%s', async (name) => {
    const task = taskOfImages((x) => ({ made: EDGES[name](x) }));
    const onnx = await onnxOf(task, { text });
    expect(onnx.parity?.outputs.made.largest).toBeLessThanOrEqual(1e-4);
    const script = await exportScript(task, join(folder, 'model.pt'));
    expect(script.parity.outputs.made.largest).toBeLessThanOrEqual(1e-5);
  });

  test('places of an open side from a half on, which TorchScript has not', async () => {
    const task = taskOfImages((x) => ({
      made: arange({ start: 0.5, end: x.shape[3] + 0.5, step: 1 }, CPU).mul(x),
    }));
    const { parity } = await onnxOf(task, { text });
    expect(parity?.outputs.made.largest).toBeLessThanOrEqual(1e-4);
    await expect(exportScript(task, join(folder, 'model.pt'))).rejects.toMatchObject({
      code: 'ERR_NOT_EXPORTABLE',
      message: expect.stringMatching(/arange_start_step .*its end depends on the sizes/),
    });
  });
});
