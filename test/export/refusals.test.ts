import { onnxOf } from '../../src/export/onnx-file';
import { writeScript } from '../../src/export/torchscript/write';
import { trace } from '../../src/export/trace';
import { native } from '../../src/native/addon';
import { batchNorm2d } from '../../src/nn/batch-norm';
import { conv2d } from '../../src/nn/conv';
import { dropout } from '../../src/nn/dropout';
import { Module } from '../../src/nn/module';
import { sequential } from '../../src/nn/sequential';
import { noGrad } from '../../src/tensor/autograd';
import { randn } from '../../src/tensor/create';
import { dropout as drop, pad } from '../../src/tensor/functional';
import { scope } from '../../src/tensor/scope';
import { cat } from '../../src/tensor/shapes';
import type { Tensor } from '../../src/tensor/tensor';
import { wrap } from '../../src/tensor/wrap';
import { taskOfImages } from '../support/export-tasks';
import { failure } from '../support/failure';

const options = { text: { name: 'test', metadata: {} }, runtime: null };

class Odd extends Module {
  constructor(readonly of: (images: Tensor) => Tensor) {
    super();
  }

  override forward(images: Tensor): Tensor {
    return this.of(images);
  }
}

/** What is said of a layer that is the second of a network. */
async function refusalOf(of: (images: Tensor) => Tensor) {
  const network = sequential(conv2d(4, 4, { kernelSize: 1 }), new Odd(of));
  try {
    const task = taskOfImages((images) => ({ made: noGrad(() => network.forward(images)) }), { network });
    return await onnxOf(task, options).catch((error: unknown) => error);
  } finally {
    network.dispose();
  }
}

describe('what cannot be exported is refused by layer and operator', () => {
  test.each<[string, (images: Tensor) => Tensor, RegExp]>([
    [
      'an operator without a rule',
      (x) => x.round(),
      /^the operator round of network\.1 cannot be exported: no rule/,
    ],
    ['one that works in place', (x) => x.mul_(2), /^the operator mul__Scalar of network\.1 .*in place/],
    [
      'random numbers',
      (x) => x.add(randn(x.shape)),
      /^the operator randn_generator of network\.1 .*draws random numbers/,
    ],
    [
      'dropout in training',
      (x) => drop(x, { p: 0.5, training: true }),
      /^the operator dropout of network\.1 .*random/,
    ],
    [
      'a branch on what an input says',
      (x) => (x.mean().item() > 0 ? x : x.neg()),
      /^the operator item of network\.1 .*no branches/,
    ],
    [
      'what the addon does beside operators',
      (x) => wrap(native().copyAll(Int32Array.of(x.handle))[0], 'copyAll'),
      /^the operator copyAll of network\.1 .*neither ONNX nor TorchScript has it/,
    ],
    [
      'a border that wraps around',
      (x) => pad(x, [1, 1, 1, 1], { mode: 'circular' }),
      /^the operator pad of network\.1 .*circular has no rule/,
    ],
    [
      'a factor that depends on the size',
      (x) => x.mul(1.5 / x.shape[2]),
      /^the operator mul_Scalar of network\.1 .*depends on the sizes/,
    ],
  ])('%s', async (_, of, message) => {
    expect(await refusalOf(of)).toMatchObject({
      code: 'ERR_NOT_EXPORTABLE',
      message: expect.stringMatching(message),
    });
  });

  test('a batch norm in training, whose images depend on one another', async () => {
    const norm = batchNorm2d(4);
    norm.freeze();
    expect(await refusalOf((x) => norm.forward(x))).toMatchObject({
      message: expect.stringMatching(/batch_norm .*statistics of its batch/),
    });
    norm.dispose();
  });

  test('other operators for another batch', async () => {
    expect(await refusalOf((x) => (x.shape[0] > 2 ? x.neg() : x.abs()))).toMatchObject({
      message: expect.stringMatching(/^the operator abs of network\.1 .*inputs are of another size/),
    });
  });

  test.each<[string, (images: Tensor) => Tensor, RegExp]>([
    [
      'the same operator of another tensor for another batch',
      (x) => {
        const [one, two] = [x.abs(), x.square()];
        return (x.shape[0] > 2 ? one : two).neg().add(one).add(two);
      },
      /^the operator neg of network\.1 .*other tensors where inputs are of another size/,
    ],
    [
      'as many tensors as images',
      (x) => cat(x.unbind(0).map((image) => image.unsqueeze(0))),
      /^the operator (unbind_int|unsqueeze|cat) of network\.1 .*where inputs are of another size/,
    ],
    [
      'another result for another batch',
      (x) => {
        const [one, two] = [x.abs(), x.square()];
        return x.shape[0] > 2 ? one : two;
      },
      /cannot be exported: it makes made where inputs are of another size/,
    ],
  ])('%s', async (_, of, message) => {
    expect(await refusalOf(of)).toMatchObject({
      code: 'ERR_NOT_EXPORTABLE',
      message: expect.stringMatching(message),
    });
  });

  test('in TorchScript an argument that depends on the size in no way that it knows', () => {
    const task = taskOfImages((x) => ({ made: x.mul(1.5 / x.shape[0]) }));
    const traced = scope(() => trace(task));
    const written = () =>
      writeScript(traced.graph, { sizes: {}, weights: new Map(), border: null, imageStatistics: false });
    const message = 'the operator mul_Scalar cannot be exported: its other depends on the sizes of inputs';
    expect(written).toThrow(failure('ERR_NOT_EXPORTABLE', message));
    traced.release();
  });
});

test('dropout at rest is nothing', async () => {
  const layer = dropout(0.5).eval();
  const { operators } = await onnxOf(
    taskOfImages((x) => ({ made: layer.forward(x).neg() })),
    options,
  );
  expect(operators).toEqual(['Identity', 'Neg']);
});

test('where other heights take other operators, height and width are fixed, and a note says so', async () => {
  const task = taskOfImages((x) => ({ made: x.shape[2] > 8 ? x.neg() : x.abs() }));
  const { inputs, notes } = await onnxOf(task, options);
  expect(inputs[0].shape).toEqual(['N', 4, 8, 12]);
  expect(notes).toContainEqual(expect.stringMatching(/^sizes are fixed to H = 8, W = 12/));
});
