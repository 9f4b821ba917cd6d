import { DCGAN_SIZES, dcganAccepts, dcganDiscriminator, dcganGenerator } from '../models/dcgan';
import { adversarialLoss, lossFields } from './adversarial';
import { integer } from './config';
import { gan } from './gan';
import { ganFields } from './gan-fields';
import { adamFields, adamPair, DCGAN_RATE } from './rates';
import type { Recipe } from './recipe';

const fields = {
  latentSize: integer(100, { min: 1, help: 'numbers in a latent' }),
  width: integer(32, { min: 1, help: 'channels at half the images’ resolution' }),
  ...lossFields('non-saturating'),
  ...adamFields(DCGAN_RATE),
  ...ganFields(),
};

/** Radford, Metz and Chintala 2016, "Unsupervised Representation Learning with Deep Convolutional GANs". */
export const dcgan: Recipe<typeof fields> = {
  name: 'dcgan',
  summary: 'deep convolutional GAN (Radford et al. 2016)',
  fields,
  resolutions: { description: DCGAN_SIZES, accepts: dcganAccepts },
  presets: {
    paper: {
      from: 'Radford et al. 2016',
      otherwise:
        'half the channels and two and a half times the rate, so that two cores finish in minutes, and averaged weights, which draw better',
      batch: 128,
      set: () => ({ latentSize: 100, width: 64, lr: 2e-4, beta1: 0.5, beta2: 0.999, emaImages: 0 }),
    },
  },
  training: { resolution: 32, batch: 64, steps: 2_000 },
  build(config, { images }) {
    const { latentSize, width } = config;
    return gan({
      config,
      networks: {
        generator: dcganGenerator({ images, latentSize, width }),
        discriminator: dcganDiscriminator({ images, width }),
      },
      latent: { shape: [latentSize, 1, 1] },
      loss: adversarialLoss(config.loss, config),
      optimizers: adamPair(config),
    });
  },
};
