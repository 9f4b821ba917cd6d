// What the trainer leaves alone: the modes and freezes of networks that belong to the user, and what it does not need to know.

import { tanh } from '../../src/nn/activation';
import { batchNorm2d } from '../../src/nn/batch-norm';
import { linear } from '../../src/nn/linear';
import { sequential } from '../../src/nn/sequential';
import { reshape } from '../../src/nn/shape';
import { sgd } from '../../src/optim/sgd';
import { scope } from '../../src/tensor/scope';
import type { Networks, Step } from '../../src/training/phase';
import { Trainer } from '../../src/training/trainer';
import type { TrainerOptions } from '../../src/training/trainer-options';
import { usage } from '../support/failure';
import { testDevice } from '../support/fixtures';
import { tinyNetworks, tinyTrainer } from '../support/tiny-trainer';
import { reportsOf, temporaryFolder, tinyLoader } from '../support/training';

const folder = temporaryFolder();

function build() {
  const { generator, discriminator } = tinyNetworks();
  const teacher = sequential(linear(4, 256), tanh(), reshape([1, 16, 16]), batchNorm2d(1));
  return { generator, discriminator, teacher };
}

type Built = ReturnType<typeof build>;

function trainerOf(
  networks: Built,
  watch: (name: string, networks: Networks) => void,
  more: Partial<TrainerOptions<Built>> = {},
): Trainer<Built> {
  const judge =
    (name: string) =>
    ({ made, batch, networks: { discriminator, teacher }, latents }: Step<Built>) => {
      watch(name, networks);
      return discriminator
        .forward(made.fake)
        .sub(discriminator.forward(batch.images))
        .mean()
        .square()
        .add(made.fake.sub(teacher.forward(latents)).square().mean());
    };
  return new Trainer({
    networks,
    latent: { size: 4 },
    makes: { fake: { by: 'generator', from: ({ latents }) => latents } },
    device: testDevice,
    precision: 'fp32',
    phases: [
      { name: 'D', trains: 'discriminator', optimizer: sgd({ lr: 0.1 }), loss: judge('D') },
      { name: 'G', trains: 'generator', optimizer: sgd({ lr: 0.1 }), loss: judge('G') },
    ],
    ...more,
  });
}

async function train(trainer: Trainer<Built> | Trainer, options: { out?: string } = {}): Promise<void> {
  const loader = tinyLoader();
  try {
    await reportsOf(trainer.fit(loader, { steps: 3, sampleEvery: 1, page: false, ...options }));
  } finally {
    loader.dispose();
  }
}

const modesOf = (networks: Networks) =>
  Object.values(networks).flatMap((network) => network.modules().map(({ training }) => training));

test('a network at rest, or a part of one, rests during and after fit', async () => {
  const networks = build();
  networks.teacher.eval();
  networks.generator.modules()[1].eval();
  const before = modesOf(networks);
  expect(new Set(before)).toEqual(new Set([true, false]));
  const seen: boolean[][] = [];
  const trainer = trainerOf(networks, (_, all) => seen.push(modesOf(all)));
  await train(trainer);
  expect(seen).toHaveLength(6);
  expect(seen).toEqual(seen.map(() => before));
  expect(modesOf(networks)).toEqual(before);
  trainer.dispose();
});

test('a network that is frozen stays so during and after fit, and neither its weights nor its statistics move', async () => {
  const networks = build();
  const { teacher } = networks;
  teacher.freeze();
  const state = () => scope(() => Object.values(teacher.stateDict()).map((value) => value.toArray()));
  const before = state();
  const seen: boolean[] = [];
  const trainer = trainerOf(networks, () => seen.push(teacher.frozen));
  await train(trainer);
  expect(seen).toEqual(Array(6).fill(true));
  expect(teacher.frozen).toBe(true);
  expect(state()).toEqual(before);
  teacher.unfreeze();
  expect(teacher.parameters().every(({ requiresGrad }) => requiresGrad)).toBe(true);
  trainer.dispose();
});

test('those that phases train are frozen in the phases of others only, and none is after fit', async () => {
  const networks = build();
  const seen: string[] = [];
  const trainer = trainerOf(networks, (name, { generator, discriminator }) =>
    seen.push(`${name} ${generator.frozen ? '' : 'generator'}${discriminator.frozen ? '' : 'discriminator'}`),
  );
  await train(trainer);
  expect([...new Set(seen)]).toEqual(['D discriminator', 'G generator']);
  expect(Object.values(networks).map(({ frozen }) => frozen)).toEqual([false, false, false]);
  trainer.dispose();
});

test('and none is where a loss failed', async () => {
  const networks = build();
  const trainer = trainerOf(networks, (name) => {
    if (name === 'G') throw new Error('in the middle');
  });
  await expect(train(trainer)).rejects.toThrow('in the middle');
  expect(Object.values(networks).map(({ frozen }) => frozen)).toEqual([false, false, false]);
  trainer.dispose();
});

test('a phase cannot train a network that is frozen', () => {
  const networks = build();
  networks.generator.freeze();
  expect(() => trainerOf(networks, () => {})).toThrow(usage('but generator is frozen'));
  for (const network of Object.values(networks)) network.dispose();
});

test('sample grids leave modes as they were', async () => {
  const trainer = tinyTrainer();
  trainer.networks.generator.eval();
  const before = modesOf(trainer.networks);
  await train(trainer, { out: `${folder.path}/run` });
  expect(modesOf(trainer.networks)).toEqual(before);
  trainer.dispose();
});

describe('averages of two networks', () => {
  const ema = { generator: { halfLifeImages: 20 }, discriminator: { halfLifeImages: 2_000 } };

  test('move each by its own half-life, and stand in for them where the model is used', async () => {
    const networks = build();
    const trainer = trainerOf(networks, () => {}, { ema });
    expect(Object.keys(trainer.averages)).toEqual(['generator', 'discriminator']);
    expect(trainer.averaged.generator).toBe(trainer.averages.generator.module);
    expect(trainer.averaged.discriminator).toBe(trainer.averages.discriminator.module);
    expect(trainer.averaged.teacher).toBe(networks.teacher);
    await train(trainer);
    expect(Object.values(trainer.averages).map(({ updates }) => updates)).toEqual([3, 3]);
    for (const name of ['generator', 'discriminator'] as const)
      expect(trainer.averaged[name].parameters()[0].toArray()).not.toEqual(
        networks[name].parameters()[0].toArray(),
      );
    trainer.dispose();
  });

  test('are of those alone that are named', () => {
    const trainer = trainerOf(build(), () => {}, { ema: { discriminator: { halfLifeImages: 20 } } });
    expect(Object.keys(trainer.averages)).toEqual(['discriminator']);
    expect(trainer.averaged.generator).toBe(trainer.networks.generator);
    trainer.dispose();
  });
});

test('precision is undefined until it is chosen, and asking measures nothing', async () => {
  const auto = trainerOf(build(), () => {}, { precision: 'auto', deterministic: false });
  const draws = jest.spyOn(auto, 'drawLatents');
  expect(auto.precision).toBeUndefined();
  expect(auto.precision).toBeUndefined();
  expect(draws).not.toHaveBeenCalled();
  auto.restorePrecision('bf16');
  expect(auto.precision).toEqual({ precision: 'bf16', source: 'restored' });
  expect(auto.choosePrecision()).toBe(auto.precision);
  auto.dispose();
  const given = trainerOf(build(), () => {}, { precision: 'fp32' });
  expect(given.precision).toEqual({ precision: 'fp32', source: 'given' });
  given.restorePrecision('bf16');
  expect(given.precision?.precision).toBe('fp32');
  given.dispose();
});
