import { wasserstein } from '../losses/adversarial';
import { gradientPenalty } from '../losses/gradient-penalty';
import { choice, integer, number } from './config';
import { convolutionalImages, convolutionalNetworks, networkFields } from './convolutional';
import { gan } from './gan';
import { ganFields } from './gan-fields';
import { adamFields, adamPair, FALLING, fallingRate } from './rates';
import type { Recipe } from './recipe';

const fields = {
  ...networkFields,
  norm: choice('none', ['batch', 'layer', 'none'], { help: 'normalises in dcgan’s critic' }),
  lambda: number(10, { resumable: true, min: 0, help: 'weight of the gradient penalty' }),
  critic: integer(5, { min: 1, help: 'critic steps for each of the generator’s' }),
  ...adamFields({ beta1: 0, beta2: 0.9, lrHelp: FALLING }),
  ...ganFields(),
};

/** Gulrajani et al. 2017, "Improved Training of Wasserstein GANs": the critic's slope is drawn to 1 between real images and fakes. */
export const wganGp: Recipe<typeof fields> = {
  name: 'wgan-gp',
  summary: 'Wasserstein GAN with a gradient penalty (Gulrajani et al. 2017)',
  fields,
  resolutions: convolutionalImages,
  presets: {
    paper: {
      from: 'Gulrajani et al. 2017',
      otherwise:
        'half the channels and twice the rate, so that two cores finish in minutes, and averaged weights, which draw better',
      set: () => ({
        width: 64,
        norm: 'none',
        lambda: 10,
        critic: 5,
        lr: 1e-4,
        beta1: 0,
        beta2: 0.9,
        emaImages: 0,
      }),
    },
  },
  training: { resolution: 32, batch: 64, steps: 1_500 },
  build(config, { images }, training = wganGp.training) {
    const { critic, lambda: weight } = config;
    return gan({
      config,
      ...convolutionalNetworks(config, images, { norm: config.norm, spectralNorm: false }),
      loss: wasserstein(),
      optimizers: adamPair(config, {
        critic,
        schedule: fallingRate(training),
      }),
      criticSteps: critic,
      penalty: {
        constraint: 'gradient-penalty',
        weight,
        of: ({ batch, made }, judge) => gradientPenalty(judge, { real: batch.images, fake: made.fake }),
      },
    });
  },
};
