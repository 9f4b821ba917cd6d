import { dragan as draganPenalty } from '../losses/gradient-penalty';
import { weighted } from '../losses/total';
import { adversarialLoss, adversarialPhases, lossFields } from './adversarial';
import { augment, augmentation } from './augmentation';
import { averaging, historical } from './averaging';
import { choice, number } from './config';
import { convolutionalImages, convolutionalNetworks, networkFields } from './convolutional';
import { emaField, emaOf } from './ema';
import { allow, refuse } from './hazards';
import { adamFields, adamPair } from './rates';
import type { Recipe } from './recipe';

const fields = {
  ...networkFields,
  ...lossFields('non-saturating'),
  norm: choice('none', ['batch', 'layer', 'none'], { help: 'normalises in dcgan’s D' }),
  lambda: number(10, { min: 0, help: 'weight of the gradient penalty' }),
  scale: number(0.5, { min: 0, help: 'noise around real images, in standard deviations of their pixels' }),
  ...adamFields(),
  augment,
  historical,
  emaImages: emaField(5_000),
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
    const { beta1, lambda, scale } = config;
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
    const kept = averaging(config, networks);
    return {
      networks: { ...networks, ...seen.networks, ...kept.networks },
      latent,
      phases: adversarialPhases(adversarialLoss(config.loss, config), {
        ...adamPair(config),
        oneBatch,
        ...seen,
        anchor: kept.anchor,
        penalty: ({ real }, critic) => weighted(lambda, () => draganPenalty(critic, { real, scale })),
      }),
      ema: emaOf(config),
    };
  },
};
