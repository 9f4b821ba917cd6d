// A new family by the public face alone: networks, recipe, training, samples, checkpoints, resuming and judging.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  data,
  field,
  gan,
  generatedImages,
  type LoadedModel,
  load,
  losses,
  type Model,
  manualSeed,
  metrics,
  nn,
  optim,
  type Recipe,
  randn,
  report,
  scope,
  sweepLatents,
  type Tensor,
  Trainer,
  type TrainingEvaluation,
} from '../src';
import { testDevice } from './support/fixtures';
import { filesOf, temporaryFolder } from './support/training';

/** Draws with a few strokes: each latent number moves a bump along one side, and images are products of the sides' curves. */
class StrokeGenerator extends nn.Module {
  readonly across: nn.Linear;
  readonly down: nn.Linear;
  readonly shape: readonly number[];

  constructor({ channels, height, width }: data.ImageShape, latentSize: number, strokes: number) {
    super();
    this.across = nn.linear(latentSize, strokes * width);
    this.down = nn.linear(latentSize, channels * strokes * height);
    this.shape = [channels, strokes, height, width];
  }

  override forward(latents: Tensor): Tensor {
    const [channels, strokes, height, width] = this.shape;
    const count = latents.shape[0];
    const across = this.across.forward(latents).reshape([count, 1, strokes, 1, width]);
    const down = this.down.forward(latents).reshape([count, channels, strokes, height, 1]);
    return across.mul(down).sum(2).tanh();
  }
}

const fields = {
  latentSize: field.integer(6, { min: 1, help: 'numbers in a latent' }),
  strokes: field.integer(4, { min: 1, help: 'strokes of an image' }),
  loss: field.choice('hinge', ['hinge', 'logistic'], { help: 'the adversarial loss' }),
  smooth: field.boolean(true, { help: 'averages the weights of G' }),
  gamma: field.number(0.1, { min: 0, help: 'weight of R1' }),
};

const strokes: Recipe<typeof fields> = {
  name: 'strokes',
  summary: 'a toy',
  fields,
  resolutions: {
    description: 'any size from 4 to 64',
    accepts: ({ height, width }) => Math.min(height, width) >= 4 && Math.max(height, width) <= 64,
  },
  training: { resolution: 16, batch: 8, steps: 6 },
  build(config, { images }, { steps } = strokes.training): Model {
    const { latentSize, loss, smooth, gamma } = config;
    const optimizer = optim.adam({ lr: 1e-2, betas: [0, 0.9], schedule: optim.linear({ to: 0.1, steps }) });
    const pixels = images.channels * images.height * images.width;
    const discriminator = nn.sequential(
      nn.flatten(),
      nn.spectralNorm(nn.linear(pixels, 16)),
      nn.leakyRelu(0.2),
      nn.linear(16, 1),
    );
    return gan({
      config: { emaImages: smooth ? 16 : 0 },
      networks: { generator: new StrokeGenerator(images, latentSize, config.strokes), discriminator },
      latent: { size: latentSize },
      loss: loss === 'hinge' ? losses.hinge() : losses.logistic(),
      optimizers: { discriminator: optimizer, generator: optimizer },
      penalty: {
        constraint: 'r1',
        weight: gamma,
        of: ({ batch: { images: real } }, critic) => losses.r1(critic, real),
      },
      grids: {
        numbers({ generate, latent, random, device }) {
          const { latents, columns } = sweepLatents(latent, { generator: random, device });
          return { images: generate(latents), columns };
        },
      },
    });
  },
};

const folder = temporaryFolder();
const run = (name: string) => join(folder.path, name);

/** Features that need no training. */
function features(): metrics.FeatureExtractor {
  manualSeed(7);
  const module = nn.sequential(nn.flatten(), nn.linear(256, 4));
  try {
    return metrics.moduleExtractor(module, { name: 'flat', device: testDevice, size: 16, channels: 1 });
  } finally {
    module.dispose();
  }
}

interface Training {
  readonly out: string;
  readonly steps: number;
  readonly resume?: boolean;
}

async function train({ out, steps, resume }: Training): Promise<TrainingEvaluation[]> {
  const dataset = await data.digits({ count: 64, resolution: 16 });
  const loader = dataset.loader({ batch: 8, seed: 1, device: testDevice });
  const extractor = features();
  const set = field.parseConfig(strokes.fields, { set: { strokes: '3' } });
  manualSeed(1);
  const model = strokes.build(set, dataset.specs, { steps: 6 });
  const trainer = new Trainer({ ...model, device: testDevice, seed: 1, precision: 'fp32' });
  const evaluations: TrainingEvaluation[] = [];
  try {
    const judging = { real: dataset, features: extractor, every: 3, count: 20 };
    const settings = { recipe: strokes.name, set };
    for await (const { evaluation } of trainer.fit(loader, {
      steps,
      out,
      resume,
      checkpointEvery: 3,
      evaluation: judging,
      settings,
    }))
      if (evaluation) evaluations.push(evaluation);
  } finally {
    extractor.dispose();
    trainer.dispose();
    loader.dispose();
  }
  return evaluations;
}

async function withModel<T>(path: string, body: (model: LoadedModel) => T): Promise<Awaited<T>> {
  const model = await load(path, { device: testDevice, recipes: { strokes } });
  try {
    return await body(model);
  } finally {
    model.dispose();
  }
}

test('a wrong setting of the family is refused with its own words', () => {
  expect(() => field.parseConfig(strokes.fields, { set: { strokes: '0' } })).toThrow(
    '--set strokes expects a whole number of at least 1, but got "0": try --set strokes=4',
  );
});

test('its networks make images of the shape that is asked for', () => {
  for (const images of [
    { channels: 1, height: 16, width: 16, classes: 0 },
    { channels: 3, height: 7, width: 5, classes: 0 },
  ]) {
    const { networks } = strokes.build(field.parseConfig(fields, {}), { images });
    scope(() =>
      expect(networks.generator.forward(randn([2, 6])).shape).toEqual([
        2,
        images.channels,
        images.height,
        images.width,
      ]),
    );
    for (const network of Object.values(networks)) network.dispose();
  }
});

test('it trains, is judged on the way, and goes on bit for bit', async () => {
  const straight = await train({ out: run('straight'), steps: 6 });
  expect(straight.map(({ row }) => row.step)).toEqual([3, 6]);
  expect(Number.isFinite(straight[1].row.metrics.fid)).toBe(true);
  await train({ out: run('parts'), steps: 3 });
  await train({ out: run('parts'), steps: 6, resume: true });
  const networks = (name: string) => {
    const { 'manifest.json': _, ...files } = filesOf(join(run(name), 'checkpoints', 'step-000006'));
    return files;
  };
  expect(networks('parts')).toEqual(networks('straight'));
  expect(existsSync(join(run('straight'), 'samples', 'numbers-step-000006.png'))).toBe(true);
  expect(readFileSync(join(run('straight'), 'report.html'), 'utf8')).toContain('strokes');
});

test('its checkpoints draw and are judged', async () => {
  await train({ out: run('kept'), steps: 3 });
  await withModel(run('kept'), async (model) => {
    expect(model).toMatchObject({
      step: 3,
      weights: 'ema',
      sampler: { takes: 'latents', latent: { size: 6 } },
    });
    const images = model.run({ count: 4, seed: 2 });
    const values = Float32Array.from(images.toTypedArray(), Number);
    const picture = report.sampleGrid({ values, shape: images.shape }, { columns: 4 });
    await report.writePng(run('grid.png'), picture);
    expect(await report.readPng(run('grid.png'))).toEqual(picture);
    images.dispose();

    const extractor = features();
    const dataset = await data.digits({ count: 64, resolution: 16 });
    const real = await metrics.prepareReal(dataset, { extractor, device: testDevice });
    const { sampler, specs } = model;
    if (sampler.takes !== 'latents') throw new Error('expected a model that takes latents');
    const fake = generatedImages({ ...model, sampler, spec: specs.images, count: 20, seed: 0 });
    const { features: seen, ...evaluation } = await metrics.evaluate({ real, fake, metrics: ['fid'] });
    expect(evaluation.metrics.fid).toBeGreaterThan(0);
    expect(evaluation.protocol).toMatchObject({ features: 'flat', fakeCount: 20, weights: 'ema' });
    for (const one of [seen, fake, real, extractor]) one.dispose();
  });
});
