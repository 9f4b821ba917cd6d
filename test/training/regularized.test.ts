// Penalties, augmentation and averages in a training: what they draw and remember is in the checkpoint, and can be recorded.
import { join } from 'node:path';
import { ada, diffAugment } from '../../src/data';
import {
  consistency,
  gradientPenalty,
  historicalAverage,
  lazily,
  r1,
  relativistic,
  total,
  weighted,
} from '../../src/losses';
import { leakyRelu, tanh } from '../../src/nn/activation';
import { linear } from '../../src/nn/linear';
import { sequential } from '../../src/nn/sequential';
import { flatten, reshape } from '../../src/nn/shape';
import { adam } from '../../src/optim/adam';
import { isCpu } from '../../src/tensor/device';
import { manualSeed } from '../../src/tensor/random';
import type { GraphCapture } from '../../src/training/graph-capture';
import { Trainer } from '../../src/training/trainer';
import { testDevice } from '../support/fixtures';
import { StandInCapture } from '../support/stand-in-capture';
import { filesOf, reportsOf, temporaryFolder, tinyLoader } from '../support/training';

const folder = temporaryFolder();

const LR = 7e-3;

function makeTrainer(graphs: boolean | (() => GraphCapture) = false) {
  manualSeed(11);
  const discriminator = sequential(flatten(), linear(256, 8), leakyRelu(0.2), linear(8, 1));
  const networks = {
    generator: sequential(linear(4, 256), tanh(), reshape([1, 16, 16])),
    discriminator,
    history: historicalAverage(discriminator),
    augment: ada({ images: 64, interval: 2, p: 0.3 }),
  };
  const loss = relativistic();
  const shift = diffAugment({ policy: ['translation'] });
  const lazy = lazily(3);
  const optimizer = adam(lazy.adam({ lr: LR }));
  return new Trainer({
    networks,
    latent: { size: 4 },
    makes: { fake: { by: 'generator', from: ({ latents }) => latents } },
    device: testDevice,
    precision: 'fp32',
    deterministic: !isCpu(testDevice),
    graphs,
    phases: [
      {
        name: 'D',
        trains: 'discriminator',
        optimizer,
        loss: ({
          batch: { images: real },
          made: { fake },
          networks: { discriminator: D, augment, history },
        }) => {
          const [onReal, onFake] = [real, fake].map((images) => D.forward(augment.forward(images)));
          augment.observe(onReal);
          return total(
            loss.discriminator(onReal, onFake),
            weighted(10, () => gradientPenalty(D, { real, fake })),
            weighted(0.1, consistency(D.forward(real), D.forward(shift(real)))),
            weighted(0.1, history.penalty()),
          );
        },
      },
      {
        name: 'Dreg',
        trains: 'discriminator',
        optimizer,
        every: lazy.every,
        loss: ({ batch: { images: real }, networks: { discriminator } }) =>
          weighted(lazy.weight, r1(discriminator, real)),
      },
      {
        name: 'G',
        trains: 'generator',
        optimizer: adam({ lr: LR }),
        loss: ({ batch: { images: real }, made: { fake }, networks: { discriminator: D, augment } }) => {
          const judge = (images: typeof real) => D.forward(augment.forward(images));
          return loss.generator(judge(fake), () => judge(real));
        },
      },
    ],
  });
}

async function train(
  run: string,
  options: { steps: number; resume?: boolean; graphs?: () => GraphCapture },
): Promise<Record<string, string>> {
  const { steps, resume, graphs } = options;
  const trainer = makeTrainer(graphs);
  const loader = tinyLoader();
  const out = join(folder.path, run);
  try {
    const reports = await reportsOf(
      trainer.fit(loader, { steps, out, resume, checkpointEvery: 5, logEvery: 5, sampleEvery: 100 }),
    );
    expect(reports.flatMap(({ notes }) => notes)).toEqual([]);
    return filesOf(join(out, 'checkpoints', `step-${String(steps).padStart(6, '0')}`));
  } finally {
    loader.dispose();
    trainer.dispose();
  }
}

describe('a training with penalties, augmentation and averages', () => {
  test('goes on bit for bit, with p and the averages in the checkpoint', async () => {
    const whole = await train('whole', { steps: 10 });
    await train('parts', { steps: 5 });
    const parts = await train('parts', { steps: 10, resume: true });
    expect(Object.keys(whole)).toEqual(
      expect.arrayContaining(
        ['augment', 'history', 'discriminator'].map((name) => `networks/${name}.safetensors`),
      ),
    );
    expect(parts).toEqual(whole);
  });

  test('can be recorded whole, and then gives the same bits', async () => {
    const eager = await train('eager', { steps: 10 });
    const recorder = new StandInCapture();
    const recorded = await train('recorded', { steps: 10, graphs: () => recorder });
    // Four steps with Dreg and six without: three of each warm up.
    expect(recorder.events.filter((event) => event.startsWith('replay'))).toHaveLength(4);
    const { 'manifest.json': _eager, ...expected } = eager;
    const { 'manifest.json': _recorded, ...found } = recorded;
    expect(found).toEqual(expected);
  });
});
