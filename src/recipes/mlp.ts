import { mlpDiscriminator, mlpGenerator } from '../models/mlp';
import { adversarialLoss, lossFields } from './adversarial';
import { integer, number } from './config';
import { gan } from './gan';
import { ganFields } from './gan-fields';
import { adamFields, adamPair } from './rates';
import type { Recipe } from './recipe';

const fields = {
  latentSize: integer(100, { min: 1, help: 'numbers in a latent' }),
  ...lossFields('non-saturating'),
  dropout: number(0.3, { min: 0, max: 0.9, help: 'dropout in D' }),
  ...adamFields({ lr: 5e-4 }),
  ...ganFields(),
};

/** Goodfellow et al. 2014, "Generative Adversarial Nets", with fully connected networks. */
export const mlp: Recipe<typeof fields> = {
  name: 'mlp',
  summary: 'vanilla GAN with fully connected networks (Goodfellow et al. 2014)',
  fields,
  resolutions: {
    description: 'any size from 8 to 128',
    accepts: ({ height, width }) => Math.min(height, width) >= 8 && Math.max(height, width) <= 128,
  },
  presets: {
    paper: {
      from: 'Goodfellow et al. 2014',
      otherwise: 'a rate of 5e-4 and averaged weights, which draw better',
      beside: 'the paper’s momentum and its maxout units are not set',
      set: () => ({ lr: 2e-4, emaImages: 0 }),
    },
  },
  training: { resolution: 28, batch: 64, steps: 4_000 },
  build(config, { images }) {
    const { latentSize, dropout } = config;
    return gan({
      config,
      networks: {
        generator: mlpGenerator({ images, latentSize }),
        discriminator: mlpDiscriminator({ images, dropout }),
      },
      latent: { size: latentSize },
      loss: adversarialLoss(config.loss, config),
      optimizers: adamPair(config),
      oneBatch: true,
    });
  },
};
