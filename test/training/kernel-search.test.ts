// cuDNN's search for the fastest kernels: on while a step runs, so that its warm-up has chosen before it is captured, and off elsewhere.
import { native } from '../../src/native/addon';
import { setDeterministic } from '../../src/tensor/device';
import { searchingKernels } from '../../src/tensor/kernel-search';
import { Trainer } from '../../src/training/trainer';
import type { TrainerOptions } from '../../src/training/trainer-options';
import { usage } from '../support/failure';
import { testDevice } from '../support/fixtures';
import { tinyModel } from '../support/recorded';
import { StandInCapture } from '../support/stand-in-capture';
import { tinyLoader } from '../support/training';

afterEach(() => {
  setDeterministic(false);
  expect(native().benchmark()).toBe(false);
});

/** Whether kernels are searched for, each time that a loss runs in so many steps, and between them. */
async function seen(options: Partial<TrainerOptions>): Promise<{ inLosses: boolean[]; between: boolean[] }> {
  const inLosses: boolean[] = [];
  const between: boolean[] = [];
  const model = tinyModel({
    loss: ({ batch: { images }, networks: { discriminator } }) => {
      inLosses.push(native().benchmark());
      return discriminator.forward(images).square().mean();
    },
  })();
  const trainer = new Trainer({ ...model, device: testDevice, precision: 'fp32', ...options });
  const loader = tinyLoader();
  try {
    for await (const _ of trainer.fit(loader, { steps: 6, logEvery: 1 })) between.push(native().benchmark());
  } finally {
    loader.dispose();
    trainer.dispose();
  }
  return { inLosses, between };
}

test('a search in runs that are to be equal is refused', () => {
  const model = tinyModel({})();
  expect(
    () => new Trainer({ ...model, device: testDevice, deterministic: true, searchKernels: true }),
  ).toThrow(usage('searchKernels expects deterministic to be false: a clock chooses the kernels'));
  for (const network of Object.values(model.networks)) network.dispose();
});

test('a body that throws ends the search, and one in another keeps it', () => {
  expect(() =>
    searchingKernels(() => {
      throw new Error('in the step');
    }),
  ).toThrow('in the step');
  expect(native().benchmark()).toBe(false);
  const on = searchingKernels(() => [searchingKernels(() => native().benchmark()), native().benchmark()]);
  expect(on).toEqual([true, true]);
});

test('where runs are to be equal nothing is searched for', () => {
  setDeterministic(true);
  expect(searchingKernels(() => native().benchmark())).toBe(false);
});

test('it is on in every step, and in the warm-up and the capture of a graph, and off between steps', async () => {
  const plain = await seen({ searchKernels: true, graphs: false });
  expect(plain).toEqual({ inLosses: Array(6).fill(true), between: Array(6).fill(false) });
  const graphs = () => new StandInCapture();
  const captured = await seen({ searchKernels: true, graphs });
  // A stand-in replays by running the loss again.
  expect(new Set(captured.inLosses)).toEqual(new Set([true]));
  expect(captured.between).toEqual(Array(6).fill(false));
});

test('deterministic runs, and those that say so, have none', async () => {
  expect((await seen({ deterministic: true })).inLosses).not.toContain(true);
  expect((await seen({ searchKernels: false })).inLosses).not.toContain(true);
});

test('cuDNN is told how much memory a convolution may take, unless the user has said so', () => {
  const variable = 'CUDNN_CONV_WSCAP_DBG';
  const before = process.env[variable];
  try {
    delete process.env[variable];
    searchingKernels(() => {});
    expect(process.env[variable]).toBe('512');
    process.env[variable] = '64';
    searchingKernels(() => {});
    expect(process.env[variable]).toBe('64');
  } finally {
    if (before === undefined) delete process.env[variable];
    else process.env[variable] = before;
  }
});
