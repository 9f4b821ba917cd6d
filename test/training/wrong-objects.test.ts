import { ImageDataset } from '../../src/data/dataset';
import type { Loader } from '../../src/data/loader';
import { linear } from '../../src/nn/linear';
import { Module } from '../../src/nn/module';
import { adam } from '../../src/optim/adam';
import { tensor } from '../../src/tensor/create';
import { memory } from '../../src/tensor/memory';
import type { Tensor } from '../../src/tensor/tensor';
import { Trainer } from '../../src/training/trainer';
import { usage } from '../support/failure';
import { tinyTrainer } from '../support/tiny-trainer';
import { reportsOf, tinyLoader } from '../support/training';

/** A state of this network would lack a tensor. */
class Alike extends Module {
  readonly toRgb = linear(1, 1);
  readonly to_rgb = linear(1, 1);

  override forward(input: Tensor): Tensor {
    return input;
  }
}

const phase = { name: 'D', trains: 'D', optimizer: adam(), loss: () => tensor(0) };

describe('a trainer refuses', () => {
  test.each<[string, (D: Module) => unknown, string]>([
    ['nothing', () => undefined, 'Trainer expects a model, { networks, phases, … }, but received undefined'],
    ['no networks', () => ({ phases: [phase] }), 'Trainer expects networks by name but received undefined'],
    ['no phases', (D) => ({ networks: { D } }), 'Trainer expects a list of phases but received undefined'],
    [
      'a network that is none',
      () => ({ networks: { D: { forward: () => null } }, phases: [phase] }),
      'Trainer expects the network D to be a module, as nn.sequential(…) makes one, but received an object',
    ],
    [
      'a phase without an optimizer',
      (D) => ({ networks: { D }, phases: [{ ...phase, optimizer: undefined }] }),
      'phase D expects an optimizer that is made for it, e.g. optim.adam({ lr: 2e-4 }), but received undefined',
    ],
    [
      'a phase without a loss',
      (D) => ({ networks: { D }, phases: [{ ...phase, loss: undefined }] }),
      'phase D expects its loss to be a function of the step but received undefined',
    ],
    [
      'another precision',
      (D) => ({ networks: { D }, phases: [phase], precision: 'fp16' }),
      "Trainer expects precision to be one of 'auto', 'fp32', 'bf16' but received 'fp16'",
    ],
    [
      'another memory format',
      (D) => ({ networks: { D }, phases: [phase], memoryFormat: 'nhwc' }),
      "Trainer expects memoryFormat to be one of 'contiguous', 'channels_last' but received 'nhwc'",
    ],
  ])('%s', (_, optionsOf, text) => {
    const network = linear(1, 1);
    try {
      expect(() => Reflect.construct(Trainer, [optionsOf(network)])).toThrow(usage(text));
    } finally {
      network.dispose();
    }
  });

  test('a network whose checkpoints would lack a tensor, before it trains', () => {
    const D = new Alike();
    const before = memory().tensors;
    expect(() => new Trainer({ networks: { D }, phases: [{ ...phase, trains: 'D' }] })).toThrow(
      usage('Alike expects a name of its own for each tensor'),
    );
    expect(memory().tensors).toBe(before);
    D.dispose();
  });
});

describe('fit refuses', () => {
  const withTrainer = async (
    body: (trainer: ReturnType<typeof tinyTrainer>, loader: Loader) => Promise<void>,
  ) => {
    const trainer = tinyTrainer();
    const loader = tinyLoader();
    try {
      await body(trainer, loader);
    } finally {
      loader.dispose();
      trainer.dispose();
    }
  };
  const images = { name: 'two', channels: 1, height: 1, width: 1, pixels: new Uint8Array(2) };

  test.each<[string, unknown, string]>([
    [
      'a data set',
      new ImageDataset(images),
      'fit expects a loader but received a data set: pass what its loader({ batch: 64 }) makes',
    ],
    ['no loader', undefined, 'fit expects a loader but received undefined'],
    ['another object', { next: () => null }, 'fit expects a loader but received an object without state()'],
  ])('%s', (_, wrong, text) =>
    withTrainer(async (trainer) => {
      await expect(reportsOf(trainer.fit(wrong as never, { steps: 1 }))).rejects.toEqual(usage(text));
    }),
  );

  test('no options', () =>
    withTrainer(async (trainer, loader) => {
      await expect(reportsOf(Reflect.apply(trainer.fit, trainer, [loader]))).rejects.toEqual(
        usage('fit expects options, { steps: 1000 } at least, but received undefined'),
      );
    }));

  test('a batch that is none', () =>
    withTrainer(async (trainer, loader) => {
      const { name, specs, batch, batchesPerEpoch, epoch } = loader;
      const place = { state: () => ({}), start: () => ({}), setState: () => {} };
      const empty: Loader = {
        ...{ name, specs, batch, batchesPerEpoch, epoch },
        ...place,
        next: async () => undefined as never,
        to: () => {},
        dispose: () => {},
      };
      await expect(reportsOf(trainer.fit(empty, { steps: 1 }))).rejects.toEqual(
        usage('to make a batch, tensors by name, but received undefined'),
      );
    }));

  test('to begin while another has not ended, and begins after it', () =>
    withTrainer(async (trainer, loader) => {
      const first = trainer.fit(loader, { steps: 9, logEvery: 1 });
      await first.next();
      await expect(reportsOf(trainer.fit(loader, { steps: 2 }))).rejects.toEqual(
        usage('fit expected a trainer that is not training but another fit of it has not ended'),
      );
      await first.return();
      await reportsOf(trainer.fit(loader, { steps: 2 }));
      expect(trainer.step).toBe(2);
    }));
});
