import { mlpDiscriminator, mlpGenerator } from '../models/mlp';
import { adam } from '../optim/adam';
import { adversarialLoss, adversarialPhases, lossFields } from './adversarial';
import { augment, augmentation } from './augmentation';
import { integer, number } from './config';
import { allow, refuse } from './hazards';
import type { Recipe } from './recipe';

const fields = {
  latentSize: integer(100, { min: 1, help: 'numbers in a latent' }),
  ...lossFields('non-saturating'),
  dropout: number(0.3, { min: 0, max: 0.9, help: 'dropout in D' }),
  lr: number(2e-4, { min: 0, help: 'learning rate of both networks' }),
  beta1: number(0.5, { min: 0, max: 0.999, help: 'Adam’s decay of the gradient’s mean' }),
  augment,
  emaImages: integer(0, { min: 0, help: 'half-life of the averaged weights in images, 0 for none' }),
  allow,
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
    const networks = {
      generator: mlpGenerator({ images, latentSize }),
      discriminator: mlpDiscriminator({ images, dropout }),
    };
    const { loss, labelSmoothing } = config;
    refuse({ networks, loss, labelSmoothing, oneBatch: true, momentum: beta1 }, config);
    const seen = augmentation(config, loss);
    const optimizer = adam({ lr, betas: [beta1, 0.999] });
    return {
      networks: { ...networks, ...seen.networks },
      latent: { size: latentSize },
      phases: adversarialPhases(adversarialLoss(config.loss, config), {
        discriminator: optimizer,
        generator: optimizer,
        oneBatch: true,
        ...seen,
      }),
      ema: emaImages > 0 ? { halfLifeImages: emaImages } : null,
    };
  },
};
