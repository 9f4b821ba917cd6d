import { convDropoutAccepts, convDropoutDiscriminator, convDropoutGenerator } from '../models/conv-dropout';
import { adam } from '../optim/adam';
import { adversarialLoss, adversarialPhases, LOSSES } from './adversarial';
import { choice, integer, number } from './config';
import type { Recipe } from './recipe';

const fields = {
  latentSize: integer(100, { min: 1, help: 'numbers in a latent' }),
  units: integer(256, {
    min: 1,
    help: 'units of G’s first dense layer; the next have two and four times as many',
  }),
  width: integer(64, { min: 1, help: 'channels of D’s first convolution' }),
  dropout: number(0.5, { min: 0, max: 0.9, help: 'dropout in D' }),
  generatorDropout: number(0.5, { min: 0, max: 0.9, help: 'dropout in G’s dense layers' }),
  loss: choice('non-saturating', LOSSES, { help: 'the adversarial loss' }),
  labelSmoothing: number(0, { min: 0, max: 0.5, help: 'lowers the target of real images in D' }),
  lr: number(2e-4, { min: 0, help: 'learning rate of both networks' }),
  beta1: number(0.5, { min: 0, max: 0.999, help: 'Adam’s decay of the gradient’s mean' }),
  emaImages: integer(5_000, { min: 0, help: 'half-life of the averaged weights in images, 0 for none' }),
};

/** A GAN whose generator has dense layers, then convolutions, and whose networks both have dropout, in training only. */
export const convDropout: Recipe<typeof fields> = {
  name: 'conv-dropout',
  summary: 'dense, then convolutional GAN with dropout in both networks',
  fields,
  resolutions: {
    description: 'a size of at least 8 that halves to 16 or less',
    accepts: convDropoutAccepts,
  },
  training: { resolution: 28, batch: 64, steps: 3_000 },
  build(config, images) {
    const { latentSize, units, width, dropout, generatorDropout, lr, beta1, emaImages } = config;
    const optimizer = adam({ lr, betas: [beta1, 0.999] });
    return {
      networks: {
        generator: convDropoutGenerator({
          images,
          latentSize,
          widths: [units, 2 * units, 4 * units],
          width,
          dropout: generatorDropout,
        }),
        discriminator: convDropoutDiscriminator({ images, width, dropout }),
      },
      latent: { size: latentSize },
      phases: adversarialPhases(adversarialLoss(config.loss, config), {
        discriminator: optimizer,
        generator: optimizer,
      }),
      ema: emaImages > 0 ? { halfLifeImages: emaImages } : null,
    };
  },
};
