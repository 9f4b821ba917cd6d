import { nonSaturating } from '../losses/adversarial';
import { DCGAN_SIZES, dcganAccepts, dcganGenerator } from '../models/dcgan';
import { featureDiscriminator } from '../models/headed-dcgan';
import { integer, number } from './config';
import { gan } from './gan';
import { errorMaps, oneClassFields, prepareOneClass, scorerOf } from './one-class';
import { adamFields, adamPair } from './rates';
import type { Recipe } from './recipe';
import { nearestLatents } from './search';

const fields = {
  latentSize: integer(100, { min: 1, help: 'numbers in a latent' }),
  width: integer(32, { min: 1, help: 'channels at half the images’ resolution' }),
  searchSteps: integer(500, { min: 1, help: 'steps of the search for the latent of an image' }),
  searchRate: number(0.05, { min: 0, help: 'learning rate of that search (Adam)' }),
  lambda: number(0.1, {
    min: 0,
    max: 1,
    help: 'λ: the score is (1 − λ) · residual + λ · distance of features',
  }),
  ...adamFields(),
  ...oneClassFields(0.1),
};

/**
 * Schlegl et al. 2017, "Unsupervised Anomaly Detection with Generative Adversarial Networks to Guide Marker Discovery": a DCGAN learns what
 * is normal; of each image a latent of its own is searched, with G at rest, that makes (1 − λ) Σ |x − G(z)| + λ Σ |f(x) − f(G(z))| small,
 * f the last feature map of D. What is left is how unusual the image is.
 */
export const anogan: Recipe<typeof fields> = {
  name: 'anogan',
  summary: 'how unusual an image is, by a search among a GAN’s images (Schlegl et al. 2017)',
  fields,
  prepare: prepareOneClass,
  resolutions: { description: DCGAN_SIZES, accepts: dcganAccepts },
  training: { resolution: 32, batch: 64, steps: 1_500 },
  build(config, { images }) {
    const { latentSize, width, lambda, searchSteps: steps, searchRate: rate } = config;
    const generator = dcganGenerator({ images, latentSize, width });
    const discriminator = featureDiscriminator({ images, width });
    return {
      ...gan({
        networks: { generator, discriminator },
        latent: { shape: [latentSize, 1, 1] },
        loss: nonSaturating(),
        optimizers: adamPair(config),
      }),
      scorer: scorerOf(config, images, {
        name: `${1 - lambda} · Σ|x - G(z)| + ${lambda} · Σ|f(x) - f(G(z))| after ${steps} steps on z`,
        networks: ['generator', 'discriminator'],
        batch: 100,
        sample: 100,
        score: (seen, { seed }) => {
          const { made, distances } = nearestLatents({
            ...{ generator, discriminator, seen, latentSize, lambda },
            ...{ steps, rate, seed },
          });
          return { scores: distances, maps: errorMaps(made, seen) };
        },
      }),
    };
  },
};
