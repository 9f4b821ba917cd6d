// Presets against the papers' figures, which are written down here by hand.
import { sizeOf } from '../../src/data/image-size';
import { recipes } from '../../src/recipes';
import { integer } from '../../src/recipes/config';
import { presetChanges, presetConfig } from '../../src/recipes/preset';
import { usage } from '../support/failure';

/** The images of the papers' tables, and what a configuration then holds. */
const FIGURES: readonly {
  readonly recipe: string;
  readonly preset?: string;
  readonly side?: number;
  readonly batch?: number;
  readonly config: Readonly<Record<string, unknown>>;
}[] = [
  {
    recipe: 'dcgan',
    batch: 128,
    config: {
      latentSize: 100,
      width: 64,
      lr: 2e-4,
      discriminatorLr: 0,
      beta1: 0.5,
      beta2: 0.999,
      emaImages: 0,
    },
  },
  {
    recipe: 'mlp',
    config: {
      latentSize: 100,
      norm: 'none',
      lr: 2e-4,
      discriminatorLr: 0,
      beta1: 0.5,
      beta2: 0.999,
      emaImages: 0,
    },
  },
  {
    recipe: 'wgan',
    config: {
      lr: 5e-5,
      clip: 0.01,
      critic: 5,
      boost: 100,
      boostFirst: 25,
      boostEvery: 500,
      momentum: 0,
      width: 64,
    },
  },
  {
    recipe: 'wgan-gp',
    config: { lr: 1e-4, beta1: 0, beta2: 0.9, lambda: 10, critic: 5, norm: 'none', width: 64 },
  },
  {
    recipe: 'sngan',
    batch: 64,
    config: {
      ...{ lr: 2e-4, beta1: 0, beta2: 0.9, loss: 'hinge', critic: 5, latentSize: 128 },
      ...{ width: 256, discriminatorWidth: 128, growth: 1 },
    },
  },
  { recipe: 'sngan', side: 64, batch: 64, config: { width: 64, discriminatorWidth: 64, growth: 16 } },
  {
    recipe: 'projection',
    config: { lr: 2e-4, beta1: 0, beta2: 0.9, loss: 'hinge', critic: 5, width: 256, discriminatorWidth: 128 },
  },
  { recipe: 'modern', config: { lr: 2e-4, lrEnd: 5e-5, beta2: 0.9, beta2End: 0.99 } },
  {
    recipe: 'progressive',
    side: 64,
    batch: 128,
    config: {
      ...{ fadeImages: 600_000, stableImages: 600_000, batches: 'halves', lambda: 10, drift: 0.001 },
      ...{ lr: 1e-3, beta1: 0, beta2: 0.99, latentSize: 512, maxWidth: 512, width: 256 },
      // 0.999^n = ½ after n = 692.8 steps, at 64 pixels of 32 images each.
      emaImages: 22_170,
    },
  },
  { recipe: 'progressive', side: 256, batch: 128, config: { width: 64, emaImages: 5_542 } },
  {
    recipe: 'stylegan2',
    config: {
      ...{ size: 'paper', mixing: 0.9, groupSize: 4, gammaEvery: 16, pathWeight: 2, pathDecay: 0.01 },
      ...{ pathEvery: 4, beta2: 0.99 },
    },
  },
  { recipe: 'biggan', config: { size: 'paper', beta1: 0, beta2: 0.999, eps: 1e-6, loss: 'hinge' } },
  { recipe: 'biggan', preset: 'cifar', batch: 50, config: { size: 'cifar', beta1: 0, beta2: 0.999 } },
  {
    recipe: 'infogan',
    config: {
      ...{ latentSize: 62, categories: 10, codes: 2, information: 1, views: 0, agreement: 0 },
      ...{ generatorLr: 1e-3, discriminatorLr: 2e-4, beta1: 0.5, emaImages: 0 },
    },
  },
  {
    recipe: 'f-anogan',
    config: { latentSize: 128, lr: 1e-4, lambda: 10, critic: 5, encoderLr: 5e-5, kappa: 1, width: 64 },
  },
  {
    recipe: 'ganomaly',
    config: {
      ...{ latentSize: 100, width: 64, adversarial: 1, contextual: 50, encoding: 1 },
      ...{ lr: 2e-4, beta1: 0.5, beta2: 0.999 },
    },
  },
  {
    recipe: 'cyclegan',
    side: 256,
    config: {
      ...{ width: 64, blocks: 9, lambda: 10, identity: 0.5, pool: 50 },
      ...{ loss: 'least-squares', patch: '70', lr: 2e-4, beta1: 0.5 },
    },
  },
  { recipe: 'cyclegan', side: 128, config: { width: 64, blocks: 6 } },
  {
    recipe: 'pix2pix',
    side: 256,
    config: { width: 64, dropout: 0.5, lambda: 100, lr: 2e-4, beta1: 0.5, patch: '70' },
  },
  { recipe: 'super-resolution', config: { width: 64, blocks: 16, lr: 1e-4, beta1: 0.9, emaImages: 11_085 } },
  {
    recipe: 'super-resolution',
    preset: 'esrgan',
    config: {
      ...{ network: 'rrdb', width: 64, blocks: 23, growth: 32, lr: 1e-4, beta1: 0.9 },
      ...{ pixel: 1e-2, perceptual: 1, adversarial: 5e-3 },
    },
  },
  { recipe: 'denoise', batch: 128, config: { depth: 17, width: 64, lr: 1e-3, adversarial: 0 } },
  { recipe: 'inpaint', config: { lr: 1e-4, l1: 1, adversarial: 1 } },
];

/** What recipes without a preset have by default already. */
const DEFAULTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  vae: { network: 'mlp', latentSize: 20, hidden: 400, lr: 1e-3 },
  'beta-vae': { network: 'mlp', latentSize: 20, hidden: 400, lr: 1e-3 },
  anogan: { searchSteps: 500, lambda: 0.1, latentSize: 100, lr: 2e-4, beta1: 0.5 },
};

describe('a preset is refused', () => {
  const size = sizeOf(32);

  test('that the recipe lacks, with those that it has', () => {
    expect(() => presetConfig(recipes.dcgan, { set: { preset: 'papr' }, size })).toThrow(
      usage('dcgan has no preset "papr": did you mean paper? There are paper'),
    );
    expect(() => presetConfig(recipes.biggan, { set: { preset: 'x' }, size })).toThrow(
      usage('biggan has no preset "x"; there are paper, cifar'),
    );
  });

  test('of a recipe that has none', () => {
    expect(() => presetConfig(recipes.vae, { set: { preset: 'paper' }, size })).toThrow(
      usage('vae has no preset "paper": it has none'),
    );
  });

  test('that is no name, in a file', () => {
    expect(() => presetConfig(recipes.dcgan, { file: { preset: 7 }, size })).toThrow(
      usage('dcgan has no preset 7'),
    );
    expect(() => presetConfig(recipes.dcgan, { set: { preset: 'toString' }, size })).toThrow(
      usage('dcgan has no preset "toString"'),
    );
  });
});

describe('the paper’s settings', () => {
  test.each(FIGURES.map(({ preset = 'paper', ...figures }) => ({ ...figures, preset })))(
    'of $recipe, preset $preset',
    ({ recipe, preset, side, batch, config }) => {
      const found = presetConfig(recipes[recipe], {
        set: { preset },
        size: sizeOf(side ?? recipes[recipe].training.resolution),
      });
      expect(found.config).toMatchObject(config);
      expect(found.preset?.batch).toBe(batch);
      expect(found.config).not.toHaveProperty('preset');
    },
  );

  test.each(Object.entries(DEFAULTS))('of %s are its defaults', (name, config) => {
    const { training, presets } = recipes[name];
    expect(presets).toBeUndefined();
    const size = sizeOf(training.resolution);
    expect(presetConfig(recipes[name], { size }).config).toMatchObject(config);
  });

  test('of every recipe with a preset stand here, and each changes something', () => {
    const named = Object.values(recipes).flatMap(({ name, presets = {} }) =>
      Object.keys(presets).map((preset) => `${name} ${preset}`),
    );
    expect(new Set(FIGURES.map(({ recipe, preset = 'paper' }) => `${recipe} ${preset}`))).toEqual(
      new Set(named),
    );
    for (const recipe of Object.values(recipes))
      for (const preset of Object.values(recipe.presets ?? {}))
        expect(presetChanges(recipe, preset, sizeOf(recipe.training.resolution))).not.toEqual([]);
  });
});

describe('what wins', () => {
  const size = sizeOf(32);
  const { dcgan } = recipes;

  test('--set over a preset, a preset of --set over a file, a file over its own preset, that over what is usual', () => {
    const usual = { width: 7, latentSize: 7 };
    const widthOf = (sources: Parameters<typeof presetConfig>[1]) => presetConfig(dcgan, sources).config;
    expect(widthOf({ set: { preset: 'paper', width: '48' }, usual, size })).toMatchObject({
      width: 48,
      emaImages: 0,
    });
    expect(widthOf({ set: { preset: 'paper' }, file: { width: 16, historical: 1 }, size })).toMatchObject({
      width: 64,
      historical: 1,
    });
    expect(widthOf({ file: { preset: 'paper', width: 16 }, size })).toMatchObject({
      width: 16,
      emaImages: 0,
    });
    expect(widthOf({ file: { preset: 'paper' }, usual, size })).toMatchObject({ width: 64, latentSize: 100 });
    expect(widthOf({ usual, size })).toMatchObject({ width: 7 });
  });

  test('a field of the recipe’s own that is called preset', () => {
    const own = { ...dcgan, fields: { preset: integer(1) } };
    expect(presetConfig(own, { set: { preset: '3' }, size })).toEqual({
      config: { preset: 3 },
      preset: undefined,
    });
  });
});
