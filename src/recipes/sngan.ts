import { resnetAccepts, resnetDiscriminator, resnetGenerator } from '../models/resnet-gan';
import { adversarialLoss, lossFields } from './adversarial';
import { integer } from './config';
import { gan } from './gan';
import { ganFields } from './gan-fields';
import { adamFields, adamPair, FALLING, fallingRate } from './rates';
import type { Recipe } from './recipe';
import { residualFields, residualPaper } from './residual';

const fields = {
  ...residualFields,
  attention: integer(0, { min: 0, help: 'height of the feature map that gets self-attention, 0 for none' }),
  ...lossFields('hinge'),
  critic: integer(1, { min: 1, help: 'steps of D for each of G’s (5 in the paper)' }),
  ...adamFields({
    lr: 8e-4,
    beta1: 0,
    beta2: 0.9,
    lrHelp: ` (2e-4 in the paper)${FALLING}`,
  }),
  ...ganFields(),
};

/**
 * Miyato et al. 2018, "Spectral Normalization for Generative Adversarial Networks": residual networks, every weight of D divided by its
 * largest singular value. With `attention` as in SAGAN (Zhang et al. 2019): in D, whose first map has half the images' height, no higher
 * than there.
 *
 * Of as many images G learns more where each step of D is followed by one of its own. Digits, bf16, 51,200 images seen, FID of 2,000 averaged ones: two
 * steps of D and 800 of G 13.4; one and 1,600 4.9 and 5.5 (seeds 1, 2), at half the rate 14.0; the defaults, 96,000 images, 1.5. Fashion-MNIST, 51,200
 * images: 15.2 and 12.8; 300,000 images, one step of D, seeds 1 to 3, 10,000 averaged ones: 1.9, 2.6 and 3.0.
 */
export const sngan: Recipe<typeof fields> = {
  name: 'sngan',
  summary: 'residual GAN with spectral norm (Miyato et al. 2018)',
  fields,
  resolutions: { description: '32, 64 or 128, square', accepts: resnetAccepts },
  presets: {
    paper: {
      from: 'Miyato et al. 2018',
      otherwise:
        'narrow networks, one step of D, four times the rate and half the batch, so that two cores finish in minutes, and averaged weights',
      batch: 64,
      set: residualPaper,
    },
  },
  training: { resolution: 32, batch: 32, steps: 3_000 },
  build(config, { images }, training = sngan.training) {
    const { latentSize, width, discriminatorWidth, growth, critic } = config;
    const attention = config.attention > 0 ? config.attention : null;
    const highest = attention && Math.min(attention, images.height / 2);
    return gan({
      config,
      networks: {
        generator: resnetGenerator({ images, latentSize, width, growth, attention }),
        discriminator: resnetDiscriminator({
          images,
          width: discriminatorWidth,
          growth,
          attention: highest,
        }),
      },
      latent: { size: latentSize },
      loss: adversarialLoss(config.loss, config),
      optimizers: adamPair(config, {
        critic,
        schedule: fallingRate(training),
      }),
      criticSteps: critic,
      oneBatch: true,
    });
  },
};
