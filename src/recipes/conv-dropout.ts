import { convDropoutAccepts, convDropoutDiscriminator, convDropoutGenerator } from '../models/conv-dropout';
import { adam } from '../optim/adam';
import { adversarialLoss, adversarialPhases, lossFields } from './adversarial';
import { augment, augmentation } from './augmentation';
import { integer, number } from './config';
import { allow, refuse } from './hazards';
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
  ...lossFields('non-saturating'),
  lr: number(2e-4, { min: 0, help: 'learning rate of both networks' }),
  beta1: number(0.5, { min: 0, max: 0.999, help: 'Adam’s decay of the gradient’s mean' }),
  augment,
  emaImages: integer(5_000, { min: 0, help: 'half-life of the averaged weights in images, 0 for none' }),
  allow,
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
    const networks = {
      generator: convDropoutGenerator({
        images,
        latentSize,
        widths: [units, 2 * units, 4 * units],
        width,
        dropout: generatorDropout,
      }),
      discriminator: convDropoutDiscriminator({ images, width, dropout }),
    };
    const { loss, labelSmoothing } = config;
    refuse({ networks, loss, labelSmoothing, momentum: beta1 }, config);
    const seen = augmentation(config, loss);
    const optimizer = adam({ lr, betas: [beta1, 0.999] });
    return {
      networks: { ...networks, ...seen.networks },
      latent: { size: latentSize },
      phases: adversarialPhases(adversarialLoss(config.loss, config), {
        discriminator: optimizer,
        generator: optimizer,
        ...seen,
      }),
      ema: emaImages > 0 ? { halfLifeImages: emaImages } : null,
    };
  },
};
