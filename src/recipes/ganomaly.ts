import { nonSaturating } from '../losses/adversarial';
import { l1 } from '../losses/reconstruction';
import { total, weighted } from '../losses/total';
import { DCGAN_SIZES, dcganAccepts } from '../models/dcgan';
import { dcganAutoencoder, dcganEncoder } from '../models/dcgan-autoencoder';
import { featureDiscriminator } from '../models/headed-dcgan';
import { noGrad } from '../tensor/autograd';
import { imageSampler } from '../training/image-sampler';
import { integer, number } from './config';
import { errorMaps, meanOfEach, oneClassFields, prepareOneClass, scorerOf } from './one-class';
import { adamFields, adamPair } from './rates';
import type { Recipe } from './recipe';

const fields = {
  latentSize: integer(100, { min: 1, help: 'numbers in a latent' }),
  width: integer(32, { min: 1, help: 'channels at half the images’ resolution (64 in the paper)' }),
  adversarial: number(1, { resumable: true, min: 0, help: 'weight of the distance of D’s features' }),
  contextual: number(50, { resumable: true, min: 0, help: 'weight of |x − G(x)|' }),
  encoding: number(1, { resumable: true, min: 0, help: 'weight of the distance of latents' }),
  ...adamFields(),
  ...oneClassFields(0.1),
};

/**
 * Akcay et al. 2018, "GANomaly: Semi-Supervised Anomaly Detection via Adversarial Training": G encodes an image and decodes it, a second
 * encoder E reads what came out. G and E learn adversarial · mean (f(x) − f(G(x)))² + contextual · mean |x − G(x)| + encoding ·
 * mean (z − E(G(x)))², f the last feature map of D. The distance of the two latents is how unusual an image is.
 *
 * The authors' program judges in training mode and reports the best of all epochs on the test images; here batch norms are at rest, and
 * the last weights count.
 */
export const ganomaly: Recipe<typeof fields> = {
  name: 'ganomaly',
  summary: 'how unusual an image is, by the latents of what is made of it (Akcay et al. 2018)',
  fields,
  prepare: prepareOneClass,
  resolutions: { description: DCGAN_SIZES, accepts: dcganAccepts },
  presets: {
    paper: {
      from: 'Akcay et al. 2018',
      otherwise: 'half the channels, so that two cores finish in minutes',
      beside: 'the paper trains for 15 epochs: --steps says how long',
      set: () => ({
        latentSize: 100,
        width: 64,
        adversarial: 1,
        contextual: 50,
        encoding: 1,
        lr: 2e-4,
        beta1: 0.5,
        beta2: 0.999,
      }),
    },
  },
  training: { resolution: 32, batch: 64, steps: 1_500 },
  build(config, { images }) {
    const { latentSize, width, adversarial: byFeatures, contextual, encoding } = config;
    const generator = dcganAutoencoder({ images, latentSize, width });
    const encoder = dcganEncoder({ images, latentSize, width });
    const discriminator = featureDiscriminator({ images, width });
    const adversarial = nonSaturating();
    const optimizers = adamPair(config);
    return {
      networks: { generator, encoder, discriminator },
      phases: [
        {
          name: 'D',
          trains: 'discriminator',
          optimizer: optimizers.discriminator,
          loss: ({ batch: { images: real }, log }) => {
            const onReal = discriminator.forward(real);
            const onFake = discriminator.forward(noGrad(() => generator.forward(real)));
            log('D(real)', onReal.sigmoid().mean());
            log('D(fake)', onFake.sigmoid().mean());
            return adversarial.discriminator(onReal, onFake);
          },
        },
        {
          name: 'G',
          trains: ['generator', 'encoder'],
          optimizer: optimizers.generator,
          loss: ({ batch: { images: real }, log }) => {
            const latents = generator.encode(real);
            const made = generator.decode(latents);
            const features = discriminator.features(made).sub(discriminator.features(real)).square().mean();
            const distance = l1(made, real);
            const ofLatents = encoder.forward(made).sub(latents).square().mean();
            log('features', features);
            log('L1', distance);
            log('latents', ofLatents);
            return total(
              weighted(byFeatures, features),
              weighted(contextual, distance),
              weighted(encoding, ofLatents),
            );
          },
        },
      ],
      games: [{ generator: 'generator', discriminator: 'discriminator' }],
      sampler: imageSampler({
        directions: { reconstruction: { by: 'generator', from: 'images', to: 'images' } },
        reach: generator.reach,
        paired: true,
      }),
      autoencoder: { networks: [], reconstruct: (seen) => generator.forward(seen) },
      scorer: scorerOf(config, images, {
        name: 'mean (z - E(G(x)))²',
        networks: ['generator', 'encoder'],
        score: (seen) => {
          const latents = generator.encode(seen);
          const made = generator.decode(latents);
          return {
            scores: meanOfEach(encoder.forward(made).sub(latents).square()),
            maps: errorMaps(made, seen),
          };
        },
      }),
    };
  },
};
