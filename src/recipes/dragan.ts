import { dragan as draganPenalty } from '../losses/gradient-penalty';
import { adversarialLoss, lossFields } from './adversarial';
import { choice, number } from './config';
import { convolutionalImages, convolutionalNetworks, networkFields } from './convolutional';
import { gan } from './gan';
import { ganFields } from './gan-fields';
import { adamFields, adamPair, DCGAN_RATE } from './rates';
import type { Recipe } from './recipe';

const fields = {
  ...networkFields,
  ...lossFields('non-saturating'),
  norm: choice('none', ['batch', 'layer', 'none'], { help: 'normalises in dcgan’s D' }),
  lambda: number(10, { resumable: true, min: 0, help: 'weight of the gradient penalty' }),
  scale: number(0.5, { min: 0, help: 'noise around real images, in standard deviations of their pixels' }),
  ...adamFields(DCGAN_RATE),
  ...ganFields(),
};

/** Kodali et al. 2017, "On Convergence and Stability of GANs": the discriminator's slope is drawn to 1 around real images only. */
export const dragan: Recipe<typeof fields> = {
  name: 'dragan',
  summary: 'gradient penalty around real images (Kodali et al. 2017)',
  fields,
  resolutions: convolutionalImages,
  training: { resolution: 32, batch: 64, steps: 2_000 },
  build(config, { images }) {
    const { lambda: weight, scale } = config;
    return gan({
      config,
      ...convolutionalNetworks(config, images, { norm: config.norm, spectralNorm: false }),
      loss: adversarialLoss(config.loss, config),
      optimizers: adamPair(config),
      penalty: {
        constraint: 'dragan',
        weight,
        of: ({ batch }, critic) => draganPenalty(critic, { real: batch.images, scale }),
      },
    });
  },
};
