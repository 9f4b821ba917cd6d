import { DCGAN_SIZES, dcganAccepts, dcganDiscriminator, dcganGenerator } from '../models/dcgan';
import { adversarialLoss, adversarialPhases, lossFields } from './adversarial';
import { augment, augmentation } from './augmentation';
import { averaging, historical } from './averaging';
import { integer } from './config';
import { emaField, emaOf } from './ema';
import { allow, refuse } from './hazards';
import { adamFields, adamPair } from './rates';
import type { Recipe } from './recipe';

const fields = {
  latentSize: integer(100, { min: 1, help: 'numbers in a latent' }),
  width: integer(32, { min: 1, help: 'channels at half the images’ resolution' }),
  ...lossFields('non-saturating'),
  ...adamFields(),
  augment,
  historical,
  emaImages: emaField(5_000),
  allow,
};

/** Radford, Metz and Chintala 2016, "Unsupervised Representation Learning with Deep Convolutional GANs". */
export const dcgan: Recipe<typeof fields> = {
  name: 'dcgan',
  summary: 'deep convolutional GAN (Radford et al. 2016)',
  fields,
  resolutions: { description: DCGAN_SIZES, accepts: dcganAccepts },
  training: { resolution: 32, batch: 64, steps: 2_000 },
  build(config, images) {
    const { latentSize, width, beta1 } = config;
    const networks = {
      generator: dcganGenerator({ images, latentSize, width }),
      discriminator: dcganDiscriminator({ images, width }),
    };
    const { loss, labelSmoothing } = config;
    refuse({ networks, loss, labelSmoothing, momentum: beta1 }, config);
    const seen = augmentation(config, loss);
    const kept = averaging(config, networks);
    return {
      networks: { ...networks, ...seen.networks, ...kept.networks },
      latent: { shape: [latentSize, 1, 1] },
      phases: adversarialPhases(adversarialLoss(config.loss, config), {
        ...adamPair(config),
        ...seen,
        anchor: kept.anchor,
      }),
      ema: emaOf(config),
    };
  },
};
