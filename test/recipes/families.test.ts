// What implementations of these families get wrong.
import { BatchNorm2d } from '../../src/nn/batch-norm';
import type { Module } from '../../src/nn/module';
import { GroupNorm, InstanceNorm2d, LayerNorm } from '../../src/nn/normalization';
import { SelfAttention2d } from '../../src/nn/self-attention';
import { SpectralNorm } from '../../src/nn/spectral-norm';
import { WeightedLayer } from '../../src/nn/weighted-layer';
import { Adam } from '../../src/optim/adam';
import type { Optimizer } from '../../src/optim/optimizer';
import { Rmsprop } from '../../src/optim/rmsprop';
import { recipes } from '../../src/recipes';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import type { Model } from '../../src/training/model';
import { Trainer } from '../../src/training/trainer';
import { usage } from '../support/failure';
import { testDevice } from '../support/fixtures';
import { buildModel, reportsOf, tinyLoader } from '../support/training';

const DCGAN = { width: '4', latentSize: '8' };
const SNGAN = { ...DCGAN, discriminatorWidth: '4', critic: '1' };
const MODERN = { latentSize: '8', width: '4', maxWidth: '8', groupSize: '4' };

interface Built {
  readonly set: Record<string, string>;
  readonly resolution?: number;
  readonly steps?: number;
}

function withModel(name: string, { set, ...rest }: Built, body: (model: Model) => void): void {
  const model = buildModel(recipes[name], { set, ...rest });
  body(model);
  for (const network of Object.values(model.networks)) network.dispose();
}

/** Trains some steps; `watch` sees every loss's step as the phase does. */
async function train(
  name: string,
  { set, resolution = 16, steps = 2 }: Built,
  {
    watch = () => {},
    precision = 'fp32',
  }: {
    watch?: (phase: string, networks: Model['networks'], loss: Tensor) => void;
    precision?: 'fp32' | 'bf16';
  } = {},
): Promise<Trainer> {
  const model = buildModel(recipes[name], { set, resolution, steps });
  const phases = model.phases.map((phase) => ({
    ...phase,
    loss: (step: Parameters<typeof phase.loss>[0]) => {
      const loss = phase.loss(step);
      watch(phase.name, step.networks, loss);
      return loss;
    },
  }));
  const trainer = new Trainer({ ...model, phases, device: testDevice, precision, seed: 5 });
  const loader = tinyLoader({ resolution, count: 40 });
  await reportsOf(trainer.fit(loader, { steps }));
  loader.dispose();
  return trainer;
}

const kinds = (network: Module, ...types: (abstract new (...args: never[]) => Module)[]) =>
  network.modules().filter((layer) => types.some((type) => layer instanceof type)).length;

const optimizerOf = (trainer: Trainer, phase: string): Optimizer | undefined =>
  trainer.phases.find(({ name }) => name === phase)?.running;

const largest = (values: readonly Tensor[]) =>
  scope(() => Math.max(...values.map((value) => value.detach().abs().max().item())));

describe('wgan', () => {
  test('trains its critic 5 times a step, and 100 times in the first 25 steps and every 500th', () =>
    withModel('wgan', { set: DCGAN }, ({ phases: [critic, generator] }) => {
      const repeat = critic.repeat as (step: number) => number;
      expect([0, 24, 25, 26, 499, 500, 501, 1000].map(repeat)).toEqual([100, 100, 5, 5, 5, 100, 5, 100]);
      expect(generator.repeat).toBeUndefined();
    }));

  test('clips the critic’s weights before each of its steps, not its batch statistics, nor the generator', async () => {
    const seen: number[] = [];
    const trainer = await train(
      'wgan',
      { set: { ...DCGAN, boost: '2', critic: '2' } },
      {
        watch: (phase, { discriminator }) => {
          if (phase === 'D') seen.push(largest(discriminator.parameters()));
        },
      },
    );
    expect(seen).toHaveLength(4);
    expect(Math.max(...seen)).toBeCloseTo(0.01, 6);
    expect(largest(trainer.networks.generator.parameters())).toBeGreaterThan(0.5);
    const statistics = trainer.networks.discriminator.namedBuffers();
    const variances = statistics.filter(([name]) => name.endsWith('running_var')).map(([, value]) => value);
    expect(largest(variances)).toBeGreaterThan(0.1);
    trainer.dispose();
  });

  test('moves by RMSprop at 5e-4 without momentum, and refuses one unless it is allowed', async () => {
    const trainer = await train('wgan', { set: { ...DCGAN, boost: '1', critic: '1' }, steps: 1 });
    for (const phase of ['D', 'G'])
      expect(optimizerOf(trainer, phase)).toMatchObject({ momentum: 0, lr: [5e-4] });
    expect(optimizerOf(trainer, 'D')).toBeInstanceOf(Rmsprop);
    trainer.dispose();
    const set = { ...DCGAN, momentum: '0.9' };
    expect(() => buildModel(recipes.wgan, { set })).toThrow(usage('or allow momentum-with-clipping'));
    withModel('wgan', { set: { ...set, allow: 'momentum-with-clipping' } }, ({ phases }) =>
      expect(phases).toHaveLength(2),
    );
  });
});

describe('penalties of each image’s gradient', () => {
  test.each([
    ['wgan-gp', 'gradient-penalty'],
    ['dragan', 'dragan'],
  ])('%s has no batch norm in its critic, and refuses one unless it is allowed', (name, penalty) => {
    withModel(name, { set: DCGAN }, ({ networks: { discriminator } }) =>
      expect(kinds(discriminator, BatchNorm2d)).toBe(0),
    );
    const set = { ...DCGAN, norm: 'batch' };
    expect(() => buildModel(recipes[name], { set })).toThrow(
      usage(`BatchNorm2d in discriminator with the penalty ${penalty}`),
    );
    withModel(name, { set: { ...set, allow: 'batch-norm-with-gradient-penalty' } }, ({ networks }) =>
      expect(kinds(networks.discriminator, BatchNorm2d)).toBe(1),
    );
  });

  test('lsgan with R1 refuses batch norm, too', () => {
    expect(() => buildModel(recipes.lsgan, { set: { ...DCGAN, r1: '1' } })).toThrow(
      usage('with the penalty r1'),
    );
  });

  test.each(['wgan-gp', 'dragan', 'relativistic'])(
    '%s has its penalty in the discriminator’s own loss, and no gradient reaches G',
    async (name) => {
      const set: Record<string, string> = { ...DCGAN };
      if (name === 'relativistic') Object.assign(set, { norm: 'none', r1: '1' });
      const moved: boolean[] = [];
      let before: unknown;
      const trainer = await train(
        name,
        { set, steps: 2 },
        {
          watch: (phase, { generator }) => {
            const now = generator.parameters().map((parameter) => parameter.grad);
            // After D's backward pass, before its own.
            if (phase === 'G') moved.push(now.some((gradient) => gradient !== null));
            before = phase;
          },
        },
      );
      expect(before).toBe('G');
      expect(trainer.phases.map((phase) => phase.name)).toEqual(['D', 'G']);
      expect(moved).toEqual([false, false]);
      trainer.dispose();
    },
  );
});

describe('learning rates that fall to 0', () => {
  test.each(['wgan-gp', 'sngan'])('%s gets there with the last step of both networks', async (name) => {
    const [set, resolution] = name === 'sngan' ? [SNGAN, 32] : [DCGAN, 16];
    const trainer = await train(name, { set: { ...set, critic: '3' }, resolution, steps: 2 });
    expect(optimizerOf(trainer, 'D')).toMatchObject({ steps: 6, lr: [0], betas: [0, 0.9] });
    expect(optimizerOf(trainer, 'G')).toMatchObject({ steps: 2, lr: [0], betas: [0, 0.9] });
    trainer.dispose();
  });

  test('go by the defaults where nobody says how long the training is', () => {
    const built = recipes['wgan-gp'].build(
      Object.fromEntries(
        Object.entries(recipes['wgan-gp'].fields).map(([key, field]) => [key, field.default]),
      ),
      { images: { channels: 1, height: 16, width: 16, classes: 0 } },
    );
    const optimizer = built.phases[1].optimizer(built.networks.generator.parameters());
    expect(optimizer.lr).toEqual([2e-4]);
    optimizer.dispose();
    for (const network of Object.values(built.networks)) network.dispose();
  });
});

describe('sngan', () => {
  test('normalises every weight of D, the last layer’s too, and none of G', () =>
    withModel('sngan', { set: { ...SNGAN, attention: '16' }, resolution: 32 }, ({ networks }) => {
      const { discriminator, generator } = networks;
      expect(kinds(discriminator, WeightedLayer)).toBeGreaterThan(0);
      expect(kinds(discriminator, SpectralNorm)).toBe(kinds(discriminator, WeightedLayer));
      expect(kinds(generator, SpectralNorm)).toBe(0);
    }));

  test.each([
    ['0', 0],
    ['16', 1],
    ['32', 1],
  ])('attention=%s puts so many attention layers into both: %d', (attention, count) =>
    withModel('sngan', { set: { ...SNGAN, attention }, resolution: 32 }, ({ networks }) => {
      for (const network of Object.values(networks)) expect(kinds(network, SelfAttention2d)).toBe(count);
    }),
  );

  test('says where attention can be', () => {
    expect(() => buildModel(recipes.sngan, { set: { ...SNGAN, attention: '5' }, resolution: 32 })).toThrow(
      usage('attention expects the height of one of the feature maps'),
    );
  });

  test('moves the power iteration once for each of D’s steps, and not in G’s', async () => {
    const seen: [string, number][] = [];
    const trainer = await train(
      'sngan',
      { set: { ...SNGAN, critic: '2' }, resolution: 32 },
      {
        watch: (phase, { discriminator }) => {
          const [, u] = discriminator.namedBuffers().find(([name]) => name.endsWith('_u')) ?? [];
          scope(() => seen.push([phase, u?.sum().item() ?? Number.NaN]));
        },
      },
    );
    const values = seen.map(([, value]) => value);
    expect(seen.map(([phase]) => phase).join('')).toBe('DDGDDG');
    expect(new Set(values).size).toBe(4);
    expect([values[2], values[5]]).toEqual([values[1], values[4]]);
    trainer.dispose();
  });
});

describe('modern', () => {
  test('has no layer that normalises', () =>
    withModel('modern', { set: MODERN }, ({ networks }) => {
      for (const network of Object.values(networks))
        expect(kinds(network, BatchNorm2d, GroupNorm, LayerNorm, InstanceNorm2d, SpectralNorm)).toBe(0);
    }));

  test('penalises in every step, in D’s loss, in float32 also under bf16', async () => {
    const dtypes: [string, string][] = [];
    const trainer = await train(
      'modern',
      { set: MODERN, steps: 3 },
      { precision: 'bf16', watch: (phase, _, loss) => dtypes.push([phase, loss.dtype]) },
    );
    expect(trainer.phases.map(({ name, every }) => [name, every])).toEqual([
      ['D', undefined],
      ['G', undefined],
    ]);
    expect(dtypes.filter(([phase]) => phase === 'D')).toEqual(Array(3).fill(['D', 'float32']));
    trainer.dispose();
  });

  test('anneals lr and β₂ over the first half, with no momentum at any time', async () => {
    const set = { ...MODERN, lr: '5e-4', lrEnd: '1e-4', beta2: '0.9', beta2End: '0.99' };
    const [start, end] = await Promise.all(
      [1, 3].map((steps) => trainPart('modern', { set, steps: 4 }, steps)),
    );
    for (const phase of ['D', 'G']) {
      expect(optimizerOf(start, phase)).toBeInstanceOf(Adam);
      expect(optimizerOf(start, phase)).toMatchObject({ betas: [0, 0.9] });
      expect((optimizerOf(end, phase) as Adam).betas[0]).toBe(0);
      expect((optimizerOf(end, phase) as Adam).betas[1]).toBeCloseTo(0.99, 10);
      expect(optimizerOf(end, phase)?.lr[0]).toBeCloseTo(1e-4, 10);
    }
    start.dispose();
    end.dispose();
  });
});

/** The first `steps` steps of a longer training. */
async function trainPart(name: string, { set, steps: all }: Built, steps: number): Promise<Trainer> {
  const trainer = new Trainer({
    ...buildModel(recipes[name], { set, steps: all }),
    device: testDevice,
    precision: 'fp32',
  });
  const loader = tinyLoader();
  await reportsOf(trainer.fit(loader, { steps }));
  loader.dispose();
  return trainer;
}

describe('losses over networks', () => {
  test('a field chooses the networks, and says which images they are for', () => {
    withModel('hinge', { set: { ...DCGAN, network: 'resnet' }, resolution: 32 }, ({ latent, networks }) => {
      expect(latent).toEqual({ size: 8 });
      expect(kinds(networks.discriminator, SpectralNorm)).toBeGreaterThan(0);
    });
    expect(() => buildModel(recipes.hinge, { set: { ...DCGAN, network: 'resnet' } })).toThrow(
      usage('a ResNet GAN expects square images of 32, 64, 128 pixels but received 16×16'),
    );
  });

  test('smoothing is refused where a loss has no targets', () => {
    expect(() => buildModel(recipes.hinge, { set: { ...DCGAN, labelSmoothing: '0.1' } })).toThrow(
      usage('label smoothing of 0.1 with the loss hinge'),
    );
  });

  test('allow takes the names there are', () => {
    const build = (allow: string) => () => buildModel(recipes.hinge, { set: { ...DCGAN, allow } });
    expect(build('batchnorm')).toThrow(usage('--set allow expects none, or some of batch-norm-with'));
    const model = build('unbounded-critic,batch-norm-in-one-batch')();
    for (const network of Object.values(model.networks)) network.dispose();
  });
});
