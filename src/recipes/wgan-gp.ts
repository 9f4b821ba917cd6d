import { wasserstein } from '../losses/adversarial';
import { gradientPenalty } from '../losses/gradient-penalty';
import { weighted } from '../losses/total';
import { linear } from '../optim/schedule';
import { adversarialPhases } from './adversarial';
import { augment, augmentation } from './augmentation';
import { averaging, historical } from './averaging';
import { choice, integer, number } from './config';
import { convolutionalImages, convolutionalNetworks, networkFields } from './convolutional';
import { emaField, emaOf } from './ema';
import { allow, refuse } from './hazards';
import { adamFields, adamPair } from './rates';
import type { Recipe } from './recipe';

const fields = {
  ...networkFields,
  norm: choice('none', ['batch', 'layer', 'none'], { help: 'normalises in dcgan’s critic' }),
  lambda: number(10, { min: 0, help: 'weight of the gradient penalty' }),
  critic: integer(5, { min: 1, help: 'critic steps for each of the generator’s' }),
  ...adamFields({ beta1: 0, beta2: 0.9, lrHelp: ', falling to 0 over the training' }),
  augment,
  historical,
  emaImages: emaField(5_000),
  allow,
};

/** Gulrajani et al. 2017, "Improved Training of Wasserstein GANs": the critic's slope is drawn to 1 between real images and fakes. */
export const wganGp: Recipe<typeof fields> = {
  name: 'wgan-gp',
  summary: 'Wasserstein GAN with a gradient penalty (Gulrajani et al. 2017)',
  fields,
  resolutions: convolutionalImages,
  training: { resolution: 32, batch: 64, steps: 1_500 },
  build(config, images, training = wganGp.training) {
    const { beta1, critic, lambda } = config;
    const { networks, latent, oneBatch } = convolutionalNetworks(config, images, {
      norm: config.norm,
      spectralNorm: false,
    });
    refuse(
      {
        networks,
        loss: 'wasserstein',
        constraints: lambda > 0 ? ['gradient-penalty'] : [],
        oneBatch,
        momentum: beta1,
      },
      config,
    );
    const seen = augmentation(config, 'wasserstein');
    const kept = averaging(config, networks);
    const optimizers = adamPair(config, {
      critic,
      schedule: (times) => linear({ steps: training.steps * times }),
    });
    return {
      networks: { ...networks, ...seen.networks, ...kept.networks },
      latent,
      phases: adversarialPhases(wasserstein(), {
        ...optimizers,
        oneBatch,
        scores: true,
        ...seen,
        anchor: kept.anchor,
        repeat: critic,
        penalty: ({ real, fake }, judge) => weighted(lambda, () => gradientPenalty(judge, { real, fake })),
      }),
      ema: emaOf(config),
    };
  },
};
