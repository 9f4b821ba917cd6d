import { mlpDiscriminator, mlpGenerator } from '../models/mlp';
import { adversarialLoss, adversarialPhases, lossFields } from './adversarial';
import { augment, augmentation } from './augmentation';
import { averaging, historical } from './averaging';
import { integer, number } from './config';
import { emaField, emaOf } from './ema';
import { allow, refuse } from './hazards';
import { adamFields, adamPair } from './rates';
import type { Recipe } from './recipe';

const fields = {
  latentSize: integer(100, { min: 1, help: 'numbers in a latent' }),
  ...lossFields('non-saturating'),
  dropout: number(0.3, { min: 0, max: 0.9, help: 'dropout in D' }),
  ...adamFields(),
  augment,
  historical,
  emaImages: emaField(0),
  allow,
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
  training: { resolution: 28, batch: 64, steps: 4_000 },
  build(config, images) {
    const { latentSize, dropout, beta1 } = config;
    const networks = {
      generator: mlpGenerator({ images, latentSize }),
      discriminator: mlpDiscriminator({ images, dropout }),
    };
    const { loss, labelSmoothing } = config;
    refuse({ networks, loss, labelSmoothing, oneBatch: true, momentum: beta1 }, config);
    const seen = augmentation(config, loss);
    const kept = averaging(config, networks);
    return {
      networks: { ...networks, ...seen.networks, ...kept.networks },
      latent: { size: latentSize },
      phases: adversarialPhases(adversarialLoss(config.loss, config), {
        ...adamPair(config),
        oneBatch: true,
        ...seen,
        anchor: kept.anchor,
      }),
      ema: emaOf(config),
    };
  },
};
