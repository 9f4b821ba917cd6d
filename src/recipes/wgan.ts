import { wasserstein } from '../losses/adversarial';
import { rmsprop } from '../optim/rmsprop';
import { choice, integer, number } from './config';
import { convolutionalImages, convolutionalNetworks, networkFields } from './convolutional';
import { gan } from './gan';
import { ganFields } from './gan-fields';
import { discriminatorLr, discriminatorRate } from './rates';
import type { Recipe } from './recipe';

const fields = {
  ...networkFields,
  norm: choice('batch', ['batch', 'layer', 'none'], { help: 'normalises in dcgan’s critic' }),
  lr: number(5e-4, {
    resumable: true,
    min: 0,
    help: 'learning rate of both networks (5e-5 in the paper)',
  }),
  discriminatorLr,
  clip: number(0.01, { min: 1e-6, help: 'the critic’s weights stay within ± this' }),
  critic: integer(5, { min: 1, help: 'critic steps for each of the generator’s' }),
  boost: integer(100, { min: 1, help: 'critic steps instead in the first and now and then' }),
  boostFirst: integer(25, { min: 0, help: 'how many steps at the start are boosted' }),
  boostEvery: integer(500, { min: 1, help: 'and every how many steps one later' }),
  momentum: number(0, { min: 0, max: 0.999, help: 'RMSprop’s momentum' }),
  ...ganFields(),
};

/**
 * Arjovsky, Chintala and Bottou 2017, "Wasserstein GAN": a critic whose weights are clipped before each of its steps, trained nearly
 * to the end for each step of the generator, without momentum.
 *
 * Digits, bf16, 1,500 steps, seed 1, FID of 2,000 averaged images by learning rate: 5e-5, the paper’s, 26.1; 2e-4 9.3; 5e-4, the default, 6.6; 1e-3 9.5.
 */
export const wgan: Recipe<typeof fields> = {
  name: 'wgan',
  summary: 'Wasserstein GAN with a clipped critic (Arjovsky et al. 2017)',
  fields,
  resolutions: convolutionalImages,
  presets: {
    paper: {
      from: 'Arjovsky et al. 2017',
      otherwise:
        'half the channels and ten times the rate, so that two cores finish in minutes, and averaged weights, which draw better',
      set: () => ({
        width: 64,
        norm: 'batch',
        lr: 5e-5,
        clip: 0.01,
        critic: 5,
        boost: 100,
        boostFirst: 25,
        boostEvery: 500,
        momentum: 0,
        emaImages: 0,
      }),
    },
  },
  training: { resolution: 32, batch: 64, steps: 1_500 },
  build(config, { images }) {
    const { lr, momentum, clip, critic, boost, boostFirst, boostEvery } = config;
    return gan({
      config,
      ...convolutionalNetworks(config, images, { norm: config.norm, spectralNorm: false }),
      loss: wasserstein(),
      optimizers: {
        discriminator: rmsprop({ lr: discriminatorRate(config), momentum }),
        generator: rmsprop({ lr, momentum }),
      },
      clip,
      criticSteps: (step) => (step < boostFirst || step % boostEvery === 0 ? boost : critic),
    });
  },
};
