import { DCGAN_SIZES, dcganAccepts, dcganGenerator } from '../models/dcgan';
import { labelMapDiscriminator } from '../models/label-maps';
import { adversarialLoss, lossFields } from './adversarial';
import { requireClasses } from './conditional';
import { integer } from './config';
import { gan } from './gan';
import { ganFields } from './gan-fields';
import { adamFields, adamPair, DCGAN_RATE } from './rates';
import type { Recipe } from './recipe';

const fields = {
  latentSize: integer(100, { min: 1, help: 'normal numbers in a latent' }),
  width: integer(32, { min: 1, help: 'channels at half the images’ resolution' }),
  ...lossFields('non-saturating'),
  ...adamFields(DCGAN_RATE),
  ...ganFields(),
};

/**
 * Mirza and Osindero 2014, "Conditional Generative Adversarial Nets", with the networks of DCGAN: the class is concatenated to the
 * noise in G, and as a map for each class to the image in D.
 */
export const cgan: Recipe<typeof fields> = {
  name: 'cgan',
  summary: 'conditional GAN: the class is concatenated in both networks (Mirza & Osindero 2014)',
  fields,
  resolutions: { description: DCGAN_SIZES, accepts: dcganAccepts },
  training: { resolution: 32, batch: 64, steps: 2_000 },
  build(config, { images }) {
    const { latentSize, width } = config;
    const classes = requireClasses('cgan', images);
    return gan({
      config,
      networks: {
        generator: dcganGenerator({ images, latentSize: latentSize + classes, width }),
        discriminator: labelMapDiscriminator({ images, width, classes }),
      },
      latent: { shape: [latentSize, 1, 1], classes, conditional: true },
      loss: adversarialLoss(config.loss, config),
      optimizers: adamPair(config),
    });
  },
};
