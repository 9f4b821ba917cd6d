import { dcganAccepts, dcganDiscriminator, dcganGenerator } from '../models/dcgan';
import { adam } from '../optim/adam';
import { adversarialLoss, adversarialPhases, lossFields } from './adversarial';
import { augment, augmentation } from './augmentation';
import { integer, number } from './config';
import { allow, refuse } from './hazards';
import type { Recipe } from './recipe';

const fields = {
  latentSize: integer(100, { min: 1, help: 'numbers in a latent' }),
  width: integer(32, { min: 1, help: 'channels at half the images’ resolution' }),
  ...lossFields('non-saturating'),
  lr: number(2e-4, { min: 0, help: 'learning rate of both networks' }),
  beta1: number(0.5, { min: 0, max: 0.999, help: 'Adam’s decay of the gradient’s mean' }),
  beta2: number(0.999, { min: 0, max: 0.99999, help: 'Adam’s decay of the gradient’s square' }),
  augment,
  emaImages: integer(5_000, { min: 0, help: 'half-life of the averaged weights in images, 0 for none' }),
  allow,
};

/** Radford, Metz and Chintala 2016, "Unsupervised Representation Learning with Deep Convolutional GANs". */
export const dcgan: Recipe<typeof fields> = {
  name: 'dcgan',
  summary: 'deep convolutional GAN (Radford et al. 2016)',
  fields,
  resolutions: { description: 'a power of two from 16 to 512', accepts: dcganAccepts },
  training: { resolution: 32, batch: 64, steps: 2_000 },
  build(config, images) {
    const { latentSize, width, lr, beta1, beta2, emaImages } = config;
    const networks = {
      generator: dcganGenerator({ images, latentSize, width }),
      discriminator: dcganDiscriminator({ images, width }),
    };
    const { loss, labelSmoothing } = config;
    refuse({ networks, loss, labelSmoothing, momentum: beta1 }, config);
    const seen = augmentation(config, loss);
    const optimizer = adam({ lr, betas: [beta1, beta2] });
    return {
      networks: { ...networks, ...seen.networks },
      latent: { shape: [latentSize, 1, 1] },
      phases: adversarialPhases(adversarialLoss(config.loss, config), {
        discriminator: optimizer,
        generator: optimizer,
        ...seen,
      }),
      ema: emaImages > 0 ? { halfLifeImages: emaImages } : null,
    };
  },
};
