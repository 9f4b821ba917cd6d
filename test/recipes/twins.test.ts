// Recipes against independent PyTorch twins (test/fixtures/recipes), 20 steps from equal weights on equal images. Those of dcgan and mlp
// are in test/training, those of recipes for images of images in translation.test.ts and restoration.test.ts.
import { recipes } from '../../src/recipes';
import { expectTwin } from '../support/scripted';
import { expectScriptedTwin } from '../support/scripted-trainer';

/** Where latents and the draws of penalties are those of the trainer's seed, so that PyTorch draws the same: recipe and fixture. */
const DRAWN: readonly (readonly [recipe: string, fixture: string])[] = [
  ['lsgan', 'lsgan'],
  ['lsgan', 'lsgan-resnet'],
  ['hinge', 'hinge'],
  ['relativistic', 'relativistic'],
  ['relativistic', 'relativistic-r1'],
  ['wgan', 'wgan'],
  ['wgan-gp', 'wgan-gp'],
  ['wgan-gp', 'wgan-gp-resnet'],
  ['dragan', 'dragan'],
  ['sngan', 'sngan'],
  ['sngan', 'sngan-16'],
  ['modern', 'modern'],
  ['stylegan2', 'stylegan2'],
  ['progressive', 'progressive'],
  ['anogan', 'anogan'],
  ['f-anogan', 'f-anogan'],
  ['ganomaly', 'ganomaly'],
  ['cut-paste', 'cut-paste'],
];

/** Where latents, with their classes and codes, are in the fixture. */
const SCRIPTED: readonly (readonly [recipe: string, fixture: string])[] = [
  ['cgan', 'cgan'],
  ['acgan', 'acgan'],
  ['projection', 'projection'],
  ['biggan', 'biggan'],
  ['biggan', 'biggan-deep'],
  ['biggan', 'biggan-cifar'],
  ['infogan', 'infogan-paper'],
];

/** Where latents are in the fixture, and noise, masks or views are drawn besides. */
const NOISY: readonly (readonly [recipe: string, fixture: string])[] = [
  ['vae', 'vae'],
  ['vae', 'vae-gaussian'],
  ['vae', 'vae-discretized'],
  ['beta-vae', 'vae-beta'],
  ['vae-gan', 'vae_gan'],
  ['conv-dropout', 'conv_dropout'],
  ['infogan', 'infogan'],
];

const TRANSLATION = ['pix2pix', 'cyclegan'];

const RESTORATION = ['super-resolution', 'denoise', 'inpaint'];

/** Before a batch norm, at the end of a discriminator whose loss compares, or nearly so. */
const WANDERING: Readonly<Record<string, readonly string[]>> = {
  'lsgan-resnet': ['generator.blocks.2.conv2.bias'],
  'sngan-16': [0, 1, 3].flatMap((block) => [
    `generator.blocks.${block}.conv2.bias`,
    `generator.blocks.${block}.shortcut.bias`,
  ]),
  relativistic: ['discriminator.5.bias'],
  'relativistic-r1': ['discriminator.4.bias'],
  'wgan-gp-resnet': ['discriminator.blocks.3.conv2.bias'],
  'f-anogan': ['discriminator.blocks.3.conv2.bias'],
};

test.each(DRAWN)(
  '%s has the losses of its twin %s within 1e-3, the final state within 1e-2',
  async (_, file) => {
    await expectTwin(file, { losses: 1e-3, state: 1e-2, wandering: WANDERING[file] });
  },
);

test.each(SCRIPTED)('%s has the losses of its twin %s within 1e-3', async (recipe, file) => {
  await expectScriptedTwin(recipe, file);
});

test.each(NOISY)('%s has the losses of its twin %s within 1e-3, on the CPU', async (recipe, file) => {
  await expectScriptedTwin(recipe, file, 'cpu');
});

test('every recipe has a twin', () => {
  const checked = new Set([
    'dcgan',
    'mlp',
    ...TRANSLATION,
    ...RESTORATION,
    ...[...DRAWN, ...SCRIPTED, ...NOISY].map(([recipe]) => recipe),
  ]);
  expect(checked).toEqual(new Set(Object.keys(recipes)));
});
