// What implementations of StyleGAN2 get wrong in the training; for the networks see test/models/stylegan2.test.ts.
import { r1 } from '../../src/losses/gradient-penalty';
import type { PathMean } from '../../src/models/path-mean';
import type { StyleGenerator } from '../../src/models/style-generator';
import { isStyleNetwork } from '../../src/nn/style-network';
import type { Adam } from '../../src/optim/adam';
import { styleBatch } from '../../src/recipes/style-rules';
import { stylegan2 } from '../../src/recipes/stylegan2';
import { randn } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { evaluating } from '../../src/training/evaluating';
import type { Model } from '../../src/training/model';
import type { Step } from '../../src/training/phase';
import { Trainer } from '../../src/training/trainer';
import { usage } from '../support/failure';
import { testDevice } from '../support/fixtures';
import { buildModel, reportsOf, tinyLoader } from '../support/training';

const SMALL = { size: 'small', latentSize: '8', width: '1', maxWidth: '4', mapping: '2' };

function withModel(set: Record<string, string>, body: (model: Model) => void): void {
  const model = buildModel(stylegan2, { set: { ...SMALL, ...set }, resolution: 32 });
  body(model);
  for (const network of Object.values(model.networks)) network.dispose();
}

/** Trains some steps; `watch` sees the step and the loss of every phase. */
async function train(
  set: Record<string, string>,
  steps: number,
  watch: (phase: string, step: Step, loss: Tensor) => void,
): Promise<Trainer> {
  const model = buildModel(stylegan2, { set: { ...SMALL, ...set }, resolution: 32, steps });
  const phases = model.phases.map((phase) => ({
    ...phase,
    loss: (step: Step) => {
      const loss = phase.loss(step);
      watch(phase.name, step, loss);
      return loss;
    },
  }));
  const trainer = new Trainer({
    ...model,
    phases,
    device: testDevice,
    precision: 'fp32',
    seed: 5,
    graphs: false,
  });
  const loader = tinyLoader({ resolution: 32, count: 40 });
  await reportsOf(trainer.fit(loader, { steps }));
  loader.dispose();
  return trainer;
}

describe('refuses', () => {
  test('a class to make images of, where the data set has no labels', () => {
    const config = { ...defaults(), conditional: true };
    const images = { channels: 1, height: 32, width: 32, classes: 0 };
    expect(() => stylegan2.build(config, { images }, { steps: 1 })).toThrow(
      usage('stylegan2 with conditional=true expects a data set with labels'),
    );
  });

  test('sizes of networks that are none, and says which images there are', () => {
    expect(() => buildModel(stylegan2, { set: { size: 'huge' }, resolution: 32 })).toThrow(
      usage('--set size expects small or paper, but got "huge"'),
    );
    expect(stylegan2.resolutions.description).toBe('32, 64, 128, 256 or 512, square');
  });
});

function defaults() {
  const entries = Object.entries(stylegan2.fields).map(([key, field]) => [key, field.default]);
  return Object.fromEntries(entries) as Parameters<typeof stylegan2.build>[0];
}

describe('rules', () => {
  const rulesOf = (
    set: Record<string, string>,
    side: number,
    batch: number,
    size: 'small' | 'paper' = 'paper',
  ) => {
    const images = { channels: 3, height: side, width: side, classes: 0 };
    const config = {
      ...defaults(),
      size,
      width: 1,
      maxWidth: 2,
      latentSize: 4,
      mapping: 1,
      ...set,
    };
    const model = stylegan2.build(config, { images }, { steps: 1, batch });
    for (const network of Object.values(model.networks)) network.dispose();
    return model.rules;
  };

  test('give γ, learning rate and averages by resolution and batch, and are told', () => {
    expect(rulesOf({}, 128, 32)).toEqual([
      'gamma 0.1024 = 0.0002 · 128² / 32',
      'batch 32 = min(4096 / 128, 32)',
      'lr 0.0025 = the papers’ below 1024×1024',
      'emaImages 10000 = 32 · 10 / 32 thousand',
    ]);
  });

  test('give small networks, which see few images, a stronger γ', () => {
    expect(rulesOf({}, 64, 16, 'small')?.[0]).toBe('gamma 40.96 = 0.16 · 64² / 16');
  });

  test('are told beside what was set instead', () => {
    expect(rulesOf({ gamma: 3, emaImages: 500 } as object as Record<string, string>, 64, 16)).toEqual([
      'gamma 3 (0.0512 = 0.0002 · 64² / 16)',
      'batch 16 (32 = min(4096 / 64, 32))',
      'lr 0.0025 = the papers’ below 1024×1024',
      'emaImages 500 (5000 = 16 · 10 / 32 thousand)',
    ]);
  });

  test.each([
    ['cpu', 'small'],
    ['cuda', 'paper'],
    ['cuda:1', 'paper'],
  ])('networks on %s are %s unless told, also where there is no such device', (device, size) =>
    expect(stylegan2.defaultsOn?.(device)).toEqual({ size }),
  );

  test('networks are small where nobody asks for a device', () =>
    expect(stylegan2.fields.size).toMatchObject({
      default: 'small',
      usually: 'paper with a GPU, else small',
    }));

  test.each([
    [32, 32],
    [128, 32],
    [256, 16],
    [512, 8],
  ])('a batch at %d is of %d images', (side, batch) => expect(styleBatch(side)).toBe(batch));

  test('the papers’ networks have 512 channels from 32 × 32 downwards at 256, and 64 at the top', () => {
    const images = { channels: 3, height: 64, width: 64, classes: 0 };
    const model = stylegan2.build({ ...defaults(), size: 'paper' }, { images }, { steps: 1 });
    const { synthesis, mapping } = model.networks.generator as StyleGenerator;
    expect(synthesis.layers.map(({ conv }) => conv.outChannels)).toEqual([
      512, 512, 512, 512, 512, 512, 512, 256, 256,
    ]);
    expect(mapping.body.layers).toHaveLength(8);
    for (const network of Object.values(model.networks)) network.dispose();
  });
});

describe('lazy regularisation', () => {
  test('comes every 16th and 4th step, and slows the optimizers that it shares by k / (k + 1)', async () => {
    const seen: string[] = [];
    const trainer = await train({}, 17, (phase) => seen.push(phase));
    const times = (name: string) => seen.filter((phase) => phase === name).length;
    expect(['D', 'G', 'R1', 'PL'].map(times)).toEqual([17, 17, 2, 5]);
    expect(seen.slice(0, 6)).toEqual(['D', 'G', 'R1', 'PL', 'D', 'G']);
    const optimizerOf = (name: string) =>
      trainer.phases.find((phase) => phase.name === name)?.running as Adam;
    expect(optimizerOf('R1')).toBe(optimizerOf('D'));
    expect(optimizerOf('PL')).toBe(optimizerOf('G'));
    expect(optimizerOf('D').lr[0]).toBeCloseTo((0.0025 * 16) / 17, 10);
    expect(optimizerOf('D').betas).toEqual([0, 0.99 ** (16 / 17)]);
    expect(optimizerOf('G').lr[0]).toBeCloseTo((0.0025 * 4) / 5, 10);
    expect(optimizerOf('G').betas).toEqual([0, 0.99 ** (4 / 5)]);
    trainer.dispose();
  });

  test('is k times as heavy: R1’s loss is 16 · γ / 2 · E‖∇D‖² of the real images', async () => {
    let ratio = Number.NaN;
    const trainer = await train({ gamma: '5' }, 1, (phase, { batch, networks }, loss) => {
      if (phase === 'R1') ratio = scope(() => loss.div(r1(networks.discriminator, batch.images)).item());
    });
    expect(ratio).toBeCloseTo(80, 3);
    trainer.dispose();
  });

  test('a weight of 0 leaves phase and slowness out', () =>
    withModel({ gamma: '0', pathWeight: '0' }, ({ phases, networks }) => {
      expect(phases.map(({ name }) => name)).toEqual(['D', 'G']);
      for (const { trains, optimizer } of phases) {
        const running = optimizer(networks[trains as string].parameters());
        expect(running).toMatchObject({ lr: [0.0025], betas: [0, 0.99] });
        running.dispose();
      }
    }));

  test('path lengths are of half a batch, and their mean is a buffer that is saved', async () => {
    const counts: number[] = [];
    const model = buildModel(stylegan2, { set: SMALL, resolution: 32 });
    const generator = model.networks.generator as StyleGenerator;
    const draw = generator.drawImages.bind(generator);
    generator.drawImages = (styles) => {
      counts.push(styles.shape[0]);
      return draw(styles);
    };
    const trainer = new Trainer({ ...model, device: testDevice, precision: 'fp32', seed: 5, graphs: false });
    const loader = tinyLoader({ resolution: 32, count: 40 });
    await reportsOf(trainer.fit(loader, { steps: 1 }));
    const { mean } = trainer.networks.paths as PathMean;
    expect(counts).toEqual([8, 4]);
    expect(mean.item()).toBeGreaterThan(0);
    scope(() => expect(Object.keys(trainer.networks.paths.stateDict())).toEqual(['mean']));
    loader.dispose();
    trainer.dispose();
  });
});

test('under bf16 the penalties are float32, and no loss is lost', async () => {
  const seen: [string, string][] = [];
  const model = buildModel(stylegan2, { set: SMALL, resolution: 32 });
  const phases = model.phases.map((phase) => ({
    ...phase,
    loss: (step: Step) => {
      const loss = phase.loss(step);
      seen.push([phase.name, loss.dtype]);
      return loss;
    },
  }));
  const trainer = new Trainer({
    ...model,
    phases,
    device: testDevice,
    precision: 'bf16',
    seed: 5,
    graphs: false,
  });
  const loader = tinyLoader({ resolution: 32, count: 40 });
  const [report] = await reportsOf(trainer.fit(loader, { steps: 1 }));
  expect(Object.values(report.losses).every(Number.isFinite)).toBe(true);
  expect(seen).toEqual(
    expect.arrayContaining([
      ['R1', 'float32'],
      ['PL', 'float32'],
    ]),
  );
  loader.dispose();
  trainer.dispose();
});

test('the generator says that it has a w; the discriminator has none', () =>
  withModel({}, ({ networks }) => {
    expect(isStyleNetwork(networks.generator)).toBe(true);
    expect(isStyleNetwork(networks.discriminator)).toBe(false);
  }));

test('the mean w moves once a step, with the fakes that G learns from, and not in evaluations', async () => {
  const seen: [string, number][] = [];
  const trainer = await train({}, 2, (phase, { networks }) => {
    const { meanStyle } = networks.generator as StyleGenerator;
    seen.push([phase, scope(() => meanStyle.square().sum().item())]);
  });
  const [d, g, r1Phase, pl, next] = seen.map(([, value]) => value);
  expect(d).toBeGreaterThan(0);
  expect([g, r1Phase, pl]).toEqual([d, d, d]);
  expect(next).not.toBe(d);
  const { generator } = trainer.networks;
  scope(() => {
    const before = (generator as StyleGenerator).meanStyle.clone();
    evaluating([generator], { device: testDevice }, () =>
      generator.forward(randn([2, 8], { device: testDevice })),
    );
    expect((generator as StyleGenerator).meanStyle.equal(before)).toBe(true);
  });
  trainer.dispose();
});
