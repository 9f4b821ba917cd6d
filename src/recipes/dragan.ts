import { dragan as draganPenalty } from '../losses/gradient-penalty';
import { weighted } from '../losses/total';
import { adam } from '../optim/adam';
import { adversarialLoss, adversarialPhases, lossFields } from './adversarial';
import { augment, augmentation } from './augmentation';
import { choice, integer, number } from './config';
import { convolutionalImages, convolutionalNetworks, networkFields } from './convolutional';
import { allow, refuse } from './hazards';
import type { Recipe } from './recipe';

const fields = {
  ...networkFields,
  ...lossFields('non-saturating'),
  norm: choice('none', ['batch', 'layer', 'none'], { help: 'normalises in dcgan’s D' }),
  lambda: number(10, { min: 0, help: 'weight of the gradient penalty' }),
  scale: number(0.5, { min: 0, help: 'noise around real images, in standard deviations of their pixels' }),
  lr: number(2e-4, { min: 0, help: 'learning rate of both networks' }),
  beta1: number(0.5, { min: 0, max: 0.999, help: 'Adam’s decay of the gradient’s mean' }),
  beta2: number(0.999, { min: 0, max: 0.99999, help: 'Adam’s decay of the gradient’s square' }),
  augment,
  emaImages: integer(5_000, { min: 0, help: 'half-life of the averaged weights in images, 0 for none' }),
  allow,
};

/** Kodali et al. 2017, "On Convergence and Stability of GANs": the discriminator's slope is drawn to 1 around real images only. */
export const dragan: Recipe<typeof fields> = {
  name: 'dragan',
  summary: 'gradient penalty around real images (Kodali et al. 2017)',
  fields,
  resolutions: convolutionalImages,
  training: { resolution: 32, batch: 64, steps: 2_000 },
  build(config, images) {
    const { lr, beta1, beta2, lambda, scale } = config;
    const { networks, latent, oneBatch } = convolutionalNetworks(config, images, {
      norm: config.norm,
      spectralNorm: false,
    });
    refuse(
      {
        networks,
        loss: config.loss,
        constraints: lambda > 0 ? ['dragan'] : [],
        oneBatch,
        momentum: beta1,
        labelSmoothing: config.labelSmoothing,
      },
      config,
    );
    const seen = augmentation(config, config.loss);
    const optimizer = adam({ lr, betas: [beta1, beta2] });
    return {
      networks: { ...networks, ...seen.networks },
      latent,
      phases: adversarialPhases(adversarialLoss(config.loss, config), {
        discriminator: optimizer,
        generator: optimizer,
        oneBatch,
        ...seen,
        penalty: ({ real }, critic) => weighted(lambda, () => draganPenalty(critic, { real, scale })),
      }),
      ema: config.emaImages > 0 ? { halfLifeImages: config.emaImages } : null,
    };
  },
};
