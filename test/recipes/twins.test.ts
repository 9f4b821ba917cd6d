// Recipes against independent PyTorch twins (test/fixtures/recipes): equal weights, images, latents and draws of penalties.
import { expectTwin } from '../support/scripted';

/** Before a batch norm, at the end of a discriminator whose loss compares, or nearly so. */
const WANDERING: Readonly<Record<string, readonly string[]>> = {
  'lsgan-resnet': ['generator.blocks.2.conv2.bias'],
  'relativistic-r1': ['discriminator.4.bias'],
  'wgan-gp-resnet': ['discriminator.blocks.3.conv2.bias'],
};

describe('20 steps as PyTorch takes them, losses within 1e-3 and the final state within 1e-2:', () => {
  test.each([
    'lsgan',
    'lsgan-resnet',
    'hinge',
    'relativistic',
    'relativistic-r1',
    'wgan',
    'wgan-gp',
    'wgan-gp-resnet',
    'dragan',
    'sngan',
    'sngan-16',
    'modern',
  ])('%s', async (name) => {
    await expectTwin(name, { losses: 1e-3, state: 1e-2, wandering: WANDERING[name] });
  });
});
