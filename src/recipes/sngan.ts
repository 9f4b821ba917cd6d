import { resnetAccepts, resnetDiscriminator, resnetGenerator } from '../models/resnet-gan';
import { adam } from '../optim/adam';
import { linear } from '../optim/schedule';
import { adversarialLoss, adversarialPhases, lossFields } from './adversarial';
import { augment, augmentation } from './augmentation';
import { integer, number } from './config';
import { allow, refuse } from './hazards';
import type { Recipe } from './recipe';

const fields = {
  latentSize: integer(128, { min: 1, help: 'numbers in a latent' }),
  width: integer(32, {
    min: 1,
    help: 'channels of G at the images’ side (the paper’s: 256 at 32 pixels, else 64)',
  }),
  discriminatorWidth: integer(32, {
    min: 1,
    help: 'channels of D there (the paper’s: 128 at 32 pixels, else 64)',
  }),
  attention: integer(0, { min: 0, help: 'height of the feature map that gets self-attention, 0 for none' }),
  ...lossFields('hinge'),
  critic: integer(5, { min: 1, help: 'steps of D for each of G’s' }),
  lr: number(2e-4, { min: 0, help: 'learning rate of both networks, falling to 0 over the training' }),
  beta1: number(0, { min: 0, max: 0.999, help: 'Adam’s decay of the gradient’s mean' }),
  beta2: number(0.9, { min: 0, max: 0.99999, help: 'Adam’s decay of the gradient’s square' }),
  augment,
  emaImages: integer(5_000, { min: 0, help: 'half-life of the averaged weights in images, 0 for none' }),
  allow,
};

/**
 * Miyato et al. 2018, "Spectral Normalization for Generative Adversarial Networks": residual networks, every weight of D divided by its
 * largest singular value. With `attention` as in SAGAN (Zhang et al. 2019): in D, whose first map has half the images' height, no higher
 * than there.
 */
export const sngan: Recipe<typeof fields> = {
  name: 'sngan',
  summary: 'residual GAN with spectral norm (Miyato et al. 2018)',
  fields,
  resolutions: { description: '32, 64 or 128', accepts: resnetAccepts },
  training: { resolution: 32, batch: 32, steps: 600 },
  build(config, images, training = sngan.training) {
    const { latentSize, width, attention, lr, beta1, beta2, critic } = config;
    const height = attention > 0 ? attention : null;
    const networks = {
      generator: resnetGenerator({ images, latentSize, width, attention: height }),
      discriminator: resnetDiscriminator({
        images,
        width: config.discriminatorWidth,
        attention: height && Math.min(height, images.resolution / 2),
      }),
    };
    refuse(
      {
        networks,
        loss: config.loss,
        oneBatch: true,
        momentum: beta1,
        labelSmoothing: config.labelSmoothing,
        criticSteps: critic,
      },
      config,
    );
    const seen = augmentation(config, config.loss);
    const optimizer = (times: number) =>
      adam({ lr, betas: [beta1, beta2], schedule: linear({ steps: training.steps * times }) });
    return {
      networks: { ...networks, ...seen.networks },
      latent: { size: latentSize },
      phases: adversarialPhases(adversarialLoss(config.loss, config), {
        discriminator: optimizer(critic),
        generator: optimizer(1),
        oneBatch: true,
        ...seen,
        repeat: critic,
      }),
      ema: config.emaImages > 0 ? { halfLifeImages: config.emaImages } : null,
    };
  },
};
