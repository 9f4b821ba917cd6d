// Every recipe on images of every data set's shape, with networks of a few units: builds, trains a step, and makes samples and grids
// of that shape.
import { type Dataset, ImageDataset } from '../../src/data/dataset';
import { PairedDataset } from '../../src/data/paired-dataset';
import { UnpairedDataset } from '../../src/data/unpaired-dataset';
import { recipes } from '../../src/recipes';
import { parseConfig } from '../../src/recipes/config';
import type { Recipe } from '../../src/recipes/recipe';
import { noGrad } from '../../src/tensor/autograd';
import { Generator, manualSeed } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { seededLatents } from '../../src/training/generated-images';
import type { Scored } from '../../src/training/scorer';
import { Trainer } from '../../src/training/trainer';
import { testDevice } from '../support/fixtures';
import { reportsOf } from '../support/training';

const SHAPES = [
  { like: 'mnist, and digits at 28', channels: 1, height: 28, width: 28 },
  { like: 'digits', channels: 1, height: 32, width: 32 },
  { like: 'cifar10', channels: 3, height: 32, width: 32 },
  { like: 'photos at 28', channels: 3, height: 28, width: 28 },
  { like: 'sign-language-digits', channels: 1, height: 64, width: 64 },
  { like: 'photos at 64', channels: 3, height: 64, width: 64 },
  { like: 'upright photos', channels: 3, height: 24, width: 16 },
  { like: 'wide photos', channels: 3, height: 24, width: 36 },
];

/** Fields that networks and steps are made small by, where a recipe has them. */
const SMALL: Readonly<Record<string, string>> = {
  latentSize: '8',
  width: '4',
  discriminatorWidth: '4',
  growth: '2',
  maxWidth: '8',
  embeddingSize: '4',
  groupSize: '4',
  units: '8',
  hidden: '8',
  critic: '1',
  boost: '1',
  blocks: '1',
  searchSteps: '2',
  heldOut: '0',
  patch: '16',
  mapping: '2',
  batches: '4',
  // A step must leave networks of a few units their images.
  lr: '5e-5',
  fadeImages: '4',
  stableImages: '4',
};

/** What a recipe is tried with besides its defaults. */
const VARIANTS: Readonly<Record<string, readonly Record<string, string>[]>> = {
  hinge: [{ network: 'resnet' }],
  wgan: [{ network: 'resnet', norm: 'none' }],
  'wgan-gp': [{ network: 'resnet' }],
  vae: [{ network: 'conv', likelihood: 'discretized' }, { likelihood: 'gaussian' }],
  stylegan2: [{ conditional: 'true', augment: 'ada', mixing: '0' }],
  biggan: [{ deep: 'true' }, { size: 'cifar', critic: '1' }, { conditioning: 'embedding' }],
  pix2pix: [{ norm: 'instance', direction: 'ba' }],
  'super-resolution': [{ scale: '4' }, { network: 'rrdb' }, { stage: 'adversarial', perceptual: '0' }],
  inpaint: [{ masks: 'free-form' }],
  denoise: [{ sigma: '0-55', noise: 'poisson' }, { adversarial: '0.005' }],
};

type Shape = (typeof SHAPES)[number];

/** Sizes of a recipe that its other networks do not make. */
const squareOnly = (set: Record<string, string>, { height, width }: Shape) =>
  set.network === 'resnet' && height !== width;

const everyRecipe = Object.values(recipes);
const cases = everyRecipe.flatMap(({ name, resolutions }) =>
  [{}, ...(VARIANTS[name] ?? [])].flatMap((set) =>
    SHAPES.filter((shape) => resolutions.accepts(shape) && !squareOnly(set, shape)).map((shape) => ({
      name,
      set,
      told: [name, ...Object.values(set)].join(' '),
      ...shape,
    })),
  ),
);

/** Four examples of what a recipe learns from, all of them of one shape. */
function datasetFor({ data: kind = 'images' }: Recipe, { channels, height, width }: Shape): Dataset {
  const noise = (planes: number) =>
    Uint8Array.from({ length: 4 * planes * height * width }, (_, i) => (i * 7919 + (i >> 5) * 31) % 256);
  const shape = { channels, height, width };
  if (kind === 'pairs')
    return new PairedDataset({
      name: 'tiny',
      channels: { a: channels, b: channels },
      height,
      width,
      pixels: noise(2 * channels),
    });
  const images = () =>
    new ImageDataset({ name: 'tiny', ...shape, pixels: noise(channels), labels: [0, 1, 2, 0] });
  return kind === 'images' ? images() : new UnpairedDataset({ name: 'tiny', a: images(), b: images() });
}

function smallConfig(recipe: Recipe, more: Record<string, string>) {
  const small = Object.entries(SMALL).filter(([key]) => Object.hasOwn(recipe.fields, key));
  return parseConfig(recipe.fields, { set: { ...Object.fromEntries(small), ...more } });
}

/** Whether there are numbers, and many of them. */
function expectImages(images: Tensor, { channels, height, width }: Shape): void {
  expect(images.shape.slice(1)).toEqual([channels, height, width]);
  const values = Array.from(images.toTypedArray(), Number);
  expect(values.every(Number.isFinite)).toBe(true);
  expect(new Set(values).size).toBeGreaterThan(height);
}

/** A number for each of four images, and a map for each. */
function expectScores({ scores, maps }: Scored, { height, width }: Shape): void {
  expect([scores.shape, maps.shape]).toEqual([[4], [4, 1, height, width]]);
  expect(
    [...scores.toTypedArray(), ...maps.toTypedArray()].every((value) => Number.isFinite(Number(value))),
  ).toBe(true);
}

test.each(everyRecipe)('$name takes every data set, and is not limited to its usual size', (recipe) => {
  const { accepts } = recipe.resolutions;
  const { resolution: side } = recipe.training;
  expect(accepts({ height: side, width: side })).toBe(true);
  expect(SHAPES.filter(accepts).map(({ like }) => like)).toEqual(
    expect.arrayContaining(['digits', 'cifar10', 'sign-language-digits', 'photos at 64']),
  );
});

test('sizes that are not square are taken by all but those of a fixed tower of residual blocks', () => {
  const square = everyRecipe.filter(
    ({ resolutions }) => !SHAPES.some((shape) => shape.height !== shape.width && resolutions.accepts(shape)),
  );
  expect(square.map(({ name }) => name)).toEqual([
    'sngan',
    'modern',
    'progressive',
    'stylegan2',
    'projection',
    'biggan',
    'f-anogan',
  ]);
});

test.each(cases)('$told on $channels×$height×$width, as $like', async (one) => {
  const recipe = recipes[one.name];
  const config = smallConfig(recipe, one.set);
  const given = datasetFor(recipe, one);
  const dataset = recipe.prepare?.(given, config, { split: 'train', seed: 1 }) ?? given;
  const loader = dataset.loader({ batch: 4, seed: 1, device: testDevice });
  manualSeed(1);
  const model = recipe.build(config, dataset.specs, { steps: 1 });
  const trainer = new Trainer({ ...model, device: testDevice, precision: 'fp32' });
  // A training in stages makes whole images in its last one.
  const steps = 1 + (model.stages?.list.at(-1)?.from ?? 0);
  await reportsOf(trainer.fit(loader, { steps }));
  const batch = await loader.next();
  const random = new Generator({ device: testDevice, seed: 1 });

  scope(() => {
    const { sampler, networks, device, grids } = trainer;
    if (model.scorer) expectScores(model.scorer.score(batch.images, { seed: 0 }), one);
    if (!sampler) throw new Error('no sampler');
    if (sampler.takes === 'images') {
      for (const [direction, { from, mask }] of Object.entries(sampler.directions)) {
        const masks = mask === undefined ? undefined : batch[mask];
        expectImages(sampler.make(networks, batch[from], { direction, masks }), one);
      }
      expectImages(sampler.grid(networks, batch).images, one);
      return;
    }
    const { latent } = sampler;
    const generate = (latents: Tensor) => sampler.make(networks, latents);
    expectImages(generate(seededLatents(latent, { count: 3, seed: 0 }).to(device)), one);
    for (const make of Object.values(grids)) {
      const grid = noGrad(() => make({ generate, latent, batch, random, device }));
      expect(grid.images.shape.slice(1)).toEqual([one.channels, one.height, one.width]);
    }
  });
  for (const held of [...Object.values(batch), random, trainer, loader]) held.dispose();
});
