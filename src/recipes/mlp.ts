import { mlpDiscriminator, mlpGenerator } from '../models/mlp';
import { adam } from '../optim/adam';
import { adversarialLoss, adversarialPhases, LOSSES } from './adversarial';
import { choice, integer, number } from './config';
import type { Recipe } from './recipe';

const fields = {
  latentSize: integer(100, { min: 1, help: 'numbers in a latent' }),
  loss: choice('non-saturating', LOSSES, { help: 'the adversarial loss' }),
  labelSmoothing: number(0, { min: 0, max: 0.5, help: 'lowers the target of real images in D' }),
  dropout: number(0.3, { min: 0, max: 0.9, help: 'dropout in D' }),
  lr: number(2e-4, { min: 0, help: 'learning rate of both networks' }),
  beta1: number(0.5, { min: 0, max: 0.999, help: 'Adam’s decay of the gradient’s mean' }),
  emaImages: integer(0, { min: 0, help: 'half-life of the averaged weights in images, 0 for none' }),
};

/** Goodfellow et al. 2014, "Generative Adversarial Nets", with fully connected networks. */
export const mlp: Recipe<typeof fields> = {
  name: 'mlp',
  summary: 'vanilla GAN with fully connected networks (Goodfellow et al. 2014)',
  fields,
  resolutions: {
    description: 'any size from 8 to 128',
    accepts: (resolution) => resolution >= 8 && resolution <= 128,
  },
  training: { resolution: 28, batch: 64, steps: 4_000 },
  build(config, images) {
    const { latentSize, dropout, lr, beta1, emaImages } = config;
    const optimizer = adam({ lr, betas: [beta1, 0.999] });
    return {
      networks: {
        generator: mlpGenerator({ images, latentSize }),
        discriminator: mlpDiscriminator({ images, dropout }),
      },
      latent: { size: latentSize },
      phases: adversarialPhases(adversarialLoss(config.loss, config), {
        discriminator: optimizer,
        generator: optimizer,
        oneBatch: true,
      }),
      ema: emaImages > 0 ? { halfLifeImages: emaImages } : null,
    };
  },
};
