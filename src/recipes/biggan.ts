import { orthogonality } from '../losses/orthogonality';
import { weighted } from '../losses/total';
import { bigganDiscriminator } from '../models/biggan-discriminator';
import { bigganGenerator } from '../models/biggan-generator';
import { BIGGAN_SIZES, bigganAccepts } from '../models/biggan-plan';
import { ClassLatents } from '../models/class-latents';
import { adversarialLoss } from './adversarial';
import { bigganSettings, bigganFields as fields } from './biggan-settings';
import { requireClasses } from './conditional';
import { gan } from './gan';
import { adamPair } from './rates';
import type { Recipe } from './recipe';

/** Batches of 64 latents; the paper takes 100 of the training's size. */
const STANDING = 16;

/**
 * Brock et al. 2019, "Large Scale GAN Training for High Fidelity Natural Image Synthesis": residual networks with spectral norm and
 * self-attention, a class embedding that all of G's batch norms share, a part of the latent in each block, a projection discriminator with the
 * hinge loss, orthogonal weights, and averages of G's, which get standing statistics once they are sampled from, for truncated latents too.
 */
export const biggan: Recipe<typeof fields> = {
  name: 'biggan',
  summary:
    'class-conditional at high resolution: shared embedding, parts of z in each block (Brock et al. 2019)',
  fields,
  resolutions: { description: BIGGAN_SIZES, accepts: bigganAccepts },
  presets: {
    paper: {
      from: 'Brock et al. 2019',
      otherwise: 'size=small, so that a processor makes steps at all',
      beside: 'the paper’s batch of 2,048 wants many GPUs: --batch 32 --accumulate 64 comes near it',
      set: () => ({ size: 'paper', beta1: 0, beta2: 0.999, eps: 1e-6 }),
    },
    cifar: {
      from: 'Brock et al. 2019, for CIFAR-10 at 32 pixels',
      otherwise: 'size=small, so that a processor makes steps at all',
      batch: 50,
      set: () => ({ size: 'cifar', beta1: 0, beta2: 0.999, eps: 1e-6 }),
    },
  },
  training: { resolution: 64, batch: 32, steps: 3_000 },
  build(given, { images }) {
    const classes = requireClasses('biggan', images);
    const config = bigganSettings(given, images);
    const { deep, start, latentSize, width, discriminatorWidth, embeddingSize, conditioning } = config;
    const { orthogonal, critic } = config;
    const attention = config.attention > 0 ? config.attention : null;
    const shared = { images, classes, deep, attention, start };
    const body = bigganGenerator({ ...shared, latentSize, width, embeddingSize, conditioning });
    return gan({
      config,
      networks: {
        generator: new ClassLatents(body, { noiseSize: latentSize }),
        discriminator: bigganDiscriminator({ ...shared, width: discriminatorWidth }),
      },
      latent: { size: latentSize, classes, conditional: true },
      loss: adversarialLoss(config.loss, config),
      optimizers: adamPair(config, { critic }),
      criticSteps: critic,
      regularizer: ({ networks }) => weighted(orthogonal, () => orthogonality(networks.generator)),
      standingStatistics: STANDING,
    });
  },
};
