// Gradient accumulation: a batch in parts is learned from as if it were whole.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { main } from '../../src/cli/train';
import { nonSaturating } from '../../src/losses/adversarial';
import { leakyRelu, tanh } from '../../src/nn/activation';
import { batchNorm2d } from '../../src/nn/batch-norm';
import { linear } from '../../src/nn/linear';
import { Module } from '../../src/nn/module';
import { sequential } from '../../src/nn/sequential';
import { flatten, reshape } from '../../src/nn/shape';
import { spectralNorm } from '../../src/nn/spectral-norm';
import { sgd } from '../../src/optim/sgd';
import { recipes } from '../../src/recipes';
import { randn } from '../../src/tensor/create';
import { memory } from '../../src/tensor/memory';
import { Generator, manualSeed } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import type { Networks, Step } from '../../src/training/phase';
import { Trainer } from '../../src/training/trainer';
import type { TrainerOptions } from '../../src/training/trainer-options';
import { FakeHost } from '../cli/fakes';
import { writeTinyMnist } from '../cli/tiny-data';
import { usage } from '../support/failure';
import { testDevice } from '../support/fixtures';
import { bothWays, LR } from '../support/recorded';
import { buildModel, filesOf, reportsOf, temporaryFolder, tinyLoader } from '../support/training';

const folder = temporaryFolder();
const loss = nonSaturating();
const STEPS = 4;

/** Draws the same latents whatever number is drawn at once. */
class PooledTrainer extends Trainer {
  #drawn = 0;

  override drawLatents(count: number, generator: Generator): Tensor {
    if (generator !== this.random) return super.drawLatents(count, generator);
    const start = this.#drawn;
    this.#drawn += count;
    return scope(() => {
      const pool = new Generator({ device: 'cpu', seed: 9 });
      const all = randn([1000, 4], { generator: pool });
      pool.dispose();
      return all.narrow(0, { start, length: count }).clone().to(this.device);
    });
  }
}

class Doubling extends Module {
  override forward(images: Tensor): Tensor {
    return images.mul(2);
  }
}

function options(watch: (name: string, step: Step) => void = () => {}): TrainerOptions {
  manualSeed(11);
  return {
    networks: {
      generator: sequential(linear(4, 256), tanh(), reshape([1, 16, 16])),
      discriminator: sequential(flatten(), spectralNorm(linear(256, 8)), leakyRelu(0.2), linear(8, 1)),
    },
    latent: { size: 4 },
    makes: { fake: { by: 'generator', from: ({ latents }) => latents } },
    ema: { generator: { halfLifeImages: 50 } },
    device: testDevice,
    precision: 'fp32',
    phases: [
      {
        name: 'D',
        trains: 'discriminator',
        optimizer: sgd({ lr: 0.1, momentum: 0.5 }),
        clipGradNorm: 0.1,
        loss: (step) => {
          const { discriminator } = step.networks;
          watch('D', step);
          const onReal = discriminator.forward(step.batch.images);
          step.log('D(real)', onReal.mean());
          step.log('two', 2);
          return loss.discriminator(onReal, discriminator.forward(step.made.fake));
        },
      },
      {
        name: 'G',
        trains: 'generator',
        optimizer: sgd({ lr: 0.1 }),
        loss: (step) => {
          watch('G', step);
          return loss.generator(step.networks.discriminator.forward(step.made.fake));
        },
      },
    ],
  };
}

async function outcome(batch: number, accumulate: number, repeat: number) {
  const { phases, ...rest } = options();
  const [critic, generator] = phases;
  const trainer = new PooledTrainer({ ...rest, phases: [{ ...critic, repeat }, generator], accumulate });
  const loader = tinyLoader({ batch });
  try {
    const reports = await reportsOf(trainer.fit(loader, { steps: STEPS, logEvery: 1 }));
    const numbers = reports.flatMap(({ losses, statistics }) => [
      ...Object.values(losses),
      ...Object.values(statistics),
    ]);
    const { generator: made, discriminator } = trainer.networks;
    const states = [made, discriminator, ...Object.values(trainer.averages).map(({ module }) => module)];
    const weights = scope(() =>
      states.flatMap((network) =>
        Object.values(network.stateDict()).flatMap((value) => value.flatten().toArray() as number[]),
      ),
    );
    return { numbers, weights, images: trainer.images };
  } finally {
    loader.dispose();
    trainer.dispose();
  }
}

test.each([0, -1, 1.5, Number.NaN])('accumulate is a whole number of at least 1, not %d', (accumulate) => {
  const given = options();
  expect(() => new Trainer({ ...given, accumulate })).toThrow(
    usage('Trainer expects accumulate to be a positive integer'),
  );
  for (const network of Object.values(given.networks)) network.dispose();
});

test.each([1, 2])('equals one batch as large, D repeated %d times', async (repeat) => {
  const whole = await outcome(24, 1, repeat);
  const parts = await outcome(8, 3, repeat);
  expect(parts.images).toBe(whole.images);
  expect(parts.numbers).toHaveLength(whole.numbers.length);
  for (const key of ['numbers', 'weights'] as const)
    for (const [i, value] of whole[key].entries()) expect(parts[key][i]).toBeCloseTo(value, 5);
});

test('every part has images and latents of its own, and D and G see the same ones', async () => {
  const seen: Record<string, number[]> = { D: [], G: [] };
  const trainer = new Trainer({
    ...options((name, { batch: { images: real }, latents }) =>
      seen[name].push(
        scope(() => real.sum().item()),
        scope(() => latents.sum().item()),
      ),
    ),
    accumulate: 3,
  });
  const loader = tinyLoader();
  await reportsOf(trainer.fit(loader, { steps: 2 }));
  expect(new Set(seen.D).size).toBe(12);
  expect(seen.G).toEqual(seen.D);
  loader.dispose();
  trainer.dispose();
});

test('every part of a batch is what networks make something of', async () => {
  const { networks, ...rest } = options();
  const seen: boolean[] = [];
  const trainer = new Trainer({
    ...rest,
    networks: { ...networks, double: new Doubling() } as Networks,
    makes: { doubled: { by: 'double', from: ({ batch }) => batch.images } },
    ema: {},
    accumulate: 3,
    phases: [
      {
        name: 'D',
        trains: 'discriminator',
        optimizer: sgd({ lr: 0.1 }),
        loss: ({ batch, made, networks: { discriminator } }) => {
          seen.push(made.doubled.equal(batch.images.mul(2)));
          return discriminator.forward(made.doubled).mean();
        },
      },
    ],
  });
  const loader = tinyLoader();
  await reportsOf(trainer.fit(loader, { steps: 2 }));
  expect(seen).toEqual(Array(6).fill(true));
  loader.dispose();
  trainer.dispose();
});

test('no part leaves more behind than its latents', async () => {
  const held: Record<string, number[]> = { D: [], G: [] };
  const trainer = new Trainer({ ...options((name) => held[name].push(memory().bytes)), accumulate: 4 });
  const loader = tinyLoader();
  await reportsOf(trainer.fit(loader, { steps: 2 }));
  const latents = 8 * 4 * 4;
  // Of the second step: what stays for good is there since the first.
  const [ofD, ofG] = [held.D.slice(4), held.G.slice(4)];
  for (const [part, bytes] of ofD.entries()) expect(bytes - ofD[0]).toBeLessThanOrEqual(part * latents);
  expect(new Set(ofG).size).toBe(1);
  loader.dispose();
  trainer.dispose();
});

test('batch statistics of a generator move for each part, in its own phase only', async () => {
  const { networks, ...rest } = options();
  const norm = batchNorm2d(1);
  const generator = sequential(networks.generator, norm);
  const all: Networks = { ...networks, generator };
  const trainer = new Trainer({ ...rest, networks: all, ema: {}, accumulate: 3 });
  const loader = tinyLoader();
  await reportsOf(trainer.fit(loader, { steps: 2 }));
  expect(norm.numBatchesTracked?.item()).toBe(6);
  loader.dispose();
  trainer.dispose();
});

const DCGAN = { latentSize: '8', width: '4' };

test.each<[string, Record<string, string>]>([
  ['dcgan', { ...DCGAN, augment: 'ada' }],
  ['wgan-gp', { ...DCGAN, critic: '2' }],
  ['modern', { ...DCGAN, maxWidth: '8', groupSize: '4', lrEnd: `${LR}` }],
  ['pix2pix', { width: '4', patch: '16' }],
  ['cyclegan', { width: '2', blocks: '1', patch: '16', pool: '6' }],
])('%s is recorded, and replays like it runs', async (name, own) => {
  const recipe = recipes[name];
  const set = { ...own, lr: `${LR}`, emaImages: '0' };
  const build = () => ({ ...buildModel(recipe, { set, steps: 8 }), accumulate: 2 });
  const loader = () => tinyLoader({ kind: recipe.data, count: 40 });
  const { expected, found, recorded, notes } = await bothWays(build, 8, loader);
  expect(notes).toEqual([]);
  expect(recorded).toBeGreaterThan(0);
  expect(found).toEqual(expected);
});

test('a part that fails leaves no gradient of the parts before', async () => {
  let part = 0;
  const trainer = new Trainer({
    ...options((name) => {
      if (name === 'D' && ++part === 2) throw new Error('no loss');
    }),
    accumulate: 2,
  });
  const loader = tinyLoader();
  await expect(reportsOf(trainer.fit(loader, { steps: 1 }))).rejects.toThrow('no loss');
  const gradients = trainer.networks.discriminator.parameters().map(({ grad }) => grad);
  expect(new Set(gradients)).toEqual(new Set([null]));
  loader.dispose();
  trainer.dispose();
});

test('a run goes on bit for bit', async () => {
  const train = async (name: string, steps: number, resume = false) => {
    const model = buildModel(recipes['conv-dropout'], { set: { units: '8', width: '4', augment: 'ada' } });
    const trainer = new Trainer({ ...model, device: testDevice, precision: 'fp32', seed: 5, accumulate: 2 });
    const loader = tinyLoader();
    const out = join(folder.path, name);
    await reportsOf(trainer.fit(loader, { steps, out, resume, checkpointEvery: 20, page: false }));
    loader.dispose();
    trainer.dispose();
    return out;
  };
  await train('whole', 9);
  await train('parts', 4);
  await train('parts', 9, true);
  const [whole, parts] = ['whole', 'parts'].map((run) =>
    filesOf(join(folder.path, run, 'checkpoints', 'step-000009')),
  );
  expect(parts).toEqual(whole);
  expect(JSON.parse(readFileSync(join(folder.path, 'whole', 'config.json'), 'utf8')).accumulate).toBe(2);
});

describe('train --accumulate', () => {
  const call = async (...argv: string[]) => {
    const host = new FakeHost();
    return { code: await main(argv, host), stderr: host.stderr.text };
  };

  test('refuses what is no whole number of at least 1', async () => {
    const { code, stderr } = await call('dcgan', '--accumulate', '0');
    expect(code).toBe(2);
    expect(stderr).toMatch(/--accumulate expects a whole number from 1 to 65536, but got "0"/);
  });

  test('is in the manifest, counts images, and stays in a resumed run', async () => {
    writeTinyMnist(folder.path);
    const out = join(folder.path, 'run');
    const data = `--dataset mnist --data-dir ${folder.path} --resolution 16 --batch 8 --accumulate 3`;
    const small = '--set width=4 --set latentSize=8 --device cpu --precision fp32';
    const first = `dcgan ${data} ${small} --steps 2 --out ${out}`.split(' ');
    expect(await call(...first)).toEqual({ code: 0, stderr: expect.any(String) });
    const manifest = join(out, 'checkpoints', 'step-000002', 'manifest.json');
    const { images, settings } = JSON.parse(readFileSync(manifest, 'utf8'));
    expect([images, settings.accumulate]).toEqual([48, 3]);
    const other = await call('--resume', out, '--steps', '3', '--accumulate', '2');
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining('--accumulate 2 differs')]);
    expect((await call('--resume', out, '--steps', '3')).code).toBe(0);
  });
});
