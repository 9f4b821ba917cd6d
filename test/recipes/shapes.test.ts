// Every recipe on images of every data set's shape, with networks of a few units: builds, trains a step, and makes samples and grids
// of that shape.
import { recipes } from '../../src/recipes';
import { parseConfig } from '../../src/recipes/config';
import { noGrad } from '../../src/tensor/autograd';
import { Generator, manualSeed } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { generateImages } from '../../src/training/samples';
import { Trainer } from '../../src/training/trainer';
import { testDevice } from '../support/fixtures';
import { reportsOf, tinyDataset } from '../support/training';

const SHAPES = [
  { like: 'mnist, and digits at 28', channels: 1, resolution: 28 },
  { like: 'digits', channels: 1, resolution: 32 },
  { like: 'cifar10', channels: 3, resolution: 32 },
  { like: 'photos at 28', channels: 3, resolution: 28 },
  { like: 'sign-language-digits', channels: 1, resolution: 64 },
  { like: 'photos at 64', channels: 3, resolution: 64 },
];

/** Fields that networks and steps are made small by, where a recipe has them. */
const SMALL: Readonly<Record<string, string>> = {
  latentSize: '8',
  width: '4',
  discriminatorWidth: '4',
  growth: '2',
  maxWidth: '8',
  groupSize: '4',
  units: '8',
  hidden: '8',
  critic: '1',
  boost: '1',
};

/** What a recipe is tried with besides its defaults. */
const VARIANTS: Readonly<Record<string, readonly Record<string, string>[]>> = {
  hinge: [{ network: 'resnet' }],
  wgan: [{ network: 'resnet', norm: 'none' }],
  'wgan-gp': [{ network: 'resnet' }],
  vae: [{ network: 'conv', likelihood: 'discretized' }, { likelihood: 'gaussian' }],
};

const everyRecipe = Object.values(recipes);
const cases = everyRecipe.flatMap(({ name, resolutions }) =>
  [{}, ...(VARIANTS[name] ?? [])].flatMap((set) =>
    SHAPES.filter(({ resolution }) => resolutions.accepts(resolution)).map((shape) => ({
      name,
      set,
      told: [name, ...Object.values(set)].join(' '),
      ...shape,
    })),
  ),
);

test.each(everyRecipe)('$name takes every data set, and is not limited to its usual size', (recipe) => {
  const { accepts } = recipe.resolutions;
  expect(accepts(recipe.training.resolution)).toBe(true);
  expect(SHAPES.filter(({ resolution }) => accepts(resolution)).map(({ like }) => like)).toEqual(
    expect.arrayContaining(['digits', 'cifar10', 'sign-language-digits', 'photos at 64']),
  );
});

test.each(cases)('$told on $channels×$resolution×$resolution, as $like', async (one) => {
  const { channels, resolution } = one;
  const recipe = recipes[one.name];
  const small = Object.entries(SMALL).filter(([key]) => Object.hasOwn(recipe.fields, key));
  const set = parseConfig(recipe.fields, { set: { ...Object.fromEntries(small), ...one.set } });
  const dataset = tinyDataset({ count: 8, channels, resolution });
  const loader = dataset.loader({ batch: 4, seed: 1, device: testDevice });
  manualSeed(1);
  const trainer = new Trainer({
    ...recipe.build(set, dataset.spec, { steps: 1 }),
    device: testDevice,
    precision: 'fp32',
  });
  await reportsOf(trainer.fit(loader, { steps: 1 }));
  const { images: real, labels } = await loader.next();
  const random = new Generator({ device: testDevice, seed: 1 });

  scope(() => {
    const { sampler, latent, device, grids } = trainer;
    const generate = (latents: Tensor) => generateImages(sampler!, latents);
    const images = generate(trainer.fixedLatents(3));
    expect(images.shape.slice(1)).toEqual([channels, resolution, resolution]);
    const values = Array.from(images.toTypedArray(), Number);
    expect(values.every(Number.isFinite)).toBe(true);
    expect(new Set(values).size).toBeGreaterThan(resolution);
    for (const make of Object.values(grids)) {
      const grid = noGrad(() => make({ generate, latent, real, random, device }));
      expect(grid.images.shape.slice(1)).toEqual([channels, resolution, resolution]);
    }
  });
  for (const one of [real, labels, random, trainer, loader]) one?.dispose();
});
