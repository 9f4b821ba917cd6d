import { orthogonality } from '../losses/orthogonality';
import { weighted } from '../losses/total';
import {
  type BigGanConditioning,
  type BigGanStart,
  bigganDiscriminator,
  bigganGenerator,
} from '../models/biggan';
import { BIGGAN_SIZES, bigganAccepts, chunkCount, usualAttention } from '../models/biggan-plan';
import { ClassLatents } from '../models/class-latents';
import { adversarialLoss, lossFields } from './adversarial';
import { requireClasses } from './conditional';
import { boolean, type ConfigOf, choice, integer, number, optional } from './config';
import { gan } from './gan';
import { ganFields } from './gan-fields';
import { adamFields, adamPair } from './rates';
import type { Recipe } from './recipe';

const adamOnes = adamFields({ beta1: 0, beta2: 0.999 });

const fields = {
  size: choice('small', ['small', 'paper', 'cifar'], {
    help: 'what the fields below are by default: small for a processor, the paper’s, or the setting for CIFAR-10 at 32 pixels',
  }),
  deep: boolean(false, { help: 'BigGAN-deep: twice the blocks, with bottlenecks; the whole latent in each' }),
  latentSize: optional(
    integer(120, {
      min: 1,
      help: 'normal numbers in a latent (20 for each part of it, one for each block and one before them; 128 in deep and cifar)',
    }),
  ),
  width: optional(
    integer(16, {
      min: 1,
      help: 'channels of G, times 1 to 16 (small 8, deep 16; paper 96, deep 128; cifar 64)',
    }),
  ),
  discriminatorWidth: optional(
    integer(16, { min: 1, help: 'channels of D, times 1 to 16 (small 16; paper 96, deep 128; cifar 64)' }),
  ),
  embeddingSize: optional(
    integer(128, { min: 1, help: 'numbers in the embedding of a class (small 64, paper 128)' }),
  ),
  conditioning: optional(
    choice('latent', ['latent', 'embedding', 'classes'], {
      help: 'what G’s batch norms see: a shared embedding of the class beside a part of the latent, that embedding, or a table each (latent; cifar classes)',
    }),
  ),
  attention: optional(
    integer(32, {
      min: 0,
      help: 'height of the feature map that gets self-attention, 0 for none (64, or half the images’; cifar 0)',
    }),
  ),
  start: optional(
    choice('orthogonal', ['orthogonal', 'normal'], {
      help: 'initial weights: orthogonal, or N(0, 0.02) (cifar normal)',
    }),
  ),
  orthogonal: optional(
    number(1e-4, {
      min: 0,
      resumable: true,
      help: 'weight of what keeps G’s filters orthogonal, 0 for none (1e-4; cifar 0)',
    }),
  ),
  ...lossFields('hinge'),
  critic: optional(integer(2, { min: 1, help: 'steps of D for each of G’s (small 1, paper 2, cifar 4)' })),
  lr: optional(
    number(1e-4, {
      min: 0,
      resumable: true,
      help: 'learning rate of G (small 2e-4, paper 5e-5, cifar 2e-4)',
    }),
  ),
  discriminatorLr: optional(
    number(4e-4, {
      min: 0,
      resumable: true,
      help: 'learning rate of D, 0 for the same (small 4e-4, paper 2e-4, cifar 2e-4)',
    }),
  ),
  beta1: adamOnes.beta1,
  beta2: adamOnes.beta2,
  eps: number(1e-6, { min: 0, help: 'what Adam adds to the root of the mean square' }),
  ...ganFields(),
  emaImages: optional(
    integer(10_000, {
      min: 0,
      help: 'half-life of G’s averaged weights in images, 0 for none (small 10,000; paper and cifar: 0.9999 a step)',
    }),
  ),
  emaStart: optional(
    integer(1_000, {
      min: 0,
      help: 'steps before the averaging begins (small 0, paper 20,000, cifar 1,000)',
    }),
  ),
};

type Config = ConfigOf<typeof fields>;

/** What depends on `size`. */
interface Settings {
  readonly latentSize: number;
  readonly width: number;
  readonly discriminatorWidth: number;
  readonly embeddingSize: number;
  readonly conditioning: BigGanConditioning;
  readonly attention: number;
  readonly start: BigGanStart;
  readonly orthogonal: number;
  readonly critic: number;
  readonly lr: number;
  readonly discriminatorLr: number;
  readonly emaImages: number;
  readonly emaStart: number;
}

/** Images in which an average that keeps 0.9999 a step forgets a half, for batches of so many. */
const halfLife = (batch: number) => Math.round((batch * Math.log(0.5)) / Math.log(0.9999));

/** Batches of 64 latents; the paper takes 100 of the training's size. */
const STANDING = 16;

/** Numbers in a part of a latent, and in one that is not taken apart. */
const CHUNK = 20;
const WHOLE = 128;

/** The settings of a size for images whose latents have so many parts. */
function settingsOf({ size, deep }: Config, parts: number, attention: number): Settings {
  const usual = {
    latentSize: deep ? WHOLE : CHUNK * parts,
    embeddingSize: 128,
    conditioning: 'latent',
    attention,
    start: 'orthogonal',
    orthogonal: 1e-4,
  } as const;
  switch (size) {
    case 'small':
      return {
        ...usual,
        width: deep ? 16 : 8,
        discriminatorWidth: 16,
        embeddingSize: 64,
        critic: 1,
        lr: 2e-4,
        discriminatorLr: 4e-4,
        emaImages: 10_000,
        emaStart: 0,
      };
    case 'paper': {
      const width = deep ? 128 : 96;
      return {
        ...usual,
        width,
        discriminatorWidth: width,
        critic: 2,
        lr: 5e-5,
        discriminatorLr: 2e-4,
        emaImages: halfLife(2_048),
        emaStart: 20_000,
      };
    }
    case 'cifar':
      return {
        ...usual,
        latentSize: WHOLE,
        width: 64,
        discriminatorWidth: 64,
        conditioning: 'classes',
        attention: 0,
        start: 'normal',
        orthogonal: 0,
        critic: 4,
        lr: 2e-4,
        discriminatorLr: 2e-4,
        emaImages: halfLife(50),
        emaStart: 1_000,
      };
  }
}

/** `given` wherever it says something, else `usual`. */
function withDefaults<T extends object>(usual: T, given: { readonly [K in keyof T]: T[K] | undefined }): T {
  const said = Object.entries(given).filter(([key, value]) => key in usual && value !== undefined);
  return { ...usual, ...Object.fromEntries(said) };
}

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
  training: { resolution: 64, batch: 32, steps: 3_000 },
  build(config, { images }) {
    const classes = requireClasses('biggan', images);
    const usual = settingsOf(config, chunkCount(images), usualAttention(images));
    const settings = withDefaults(usual, config);
    const { latentSize, orthogonal, critic } = settings;
    const attention = settings.attention > 0 ? settings.attention : null;
    const shared = { images, classes, deep: config.deep, attention, start: settings.start };
    const { width, discriminatorWidth, embeddingSize, conditioning } = settings;
    const body = bigganGenerator({ ...shared, latentSize, width, embeddingSize, conditioning });
    return gan({
      config: { ...config, emaImages: settings.emaImages, emaStart: settings.emaStart },
      networks: {
        generator: new ClassLatents(body, { noiseSize: latentSize }),
        discriminator: bigganDiscriminator({ ...shared, width: discriminatorWidth }),
      },
      latent: { size: latentSize, classes, conditional: true },
      loss: adversarialLoss(config.loss, config),
      optimizers: adamPair(
        { ...config, lr: settings.lr, discriminatorLr: settings.discriminatorLr },
        { critic },
      ),
      criticSteps: critic,
      regularizer: ({ networks }) => weighted(orthogonal, () => orthogonality(networks.generator)),
      scores: true,
      standingStatistics: STANDING,
    });
  },
};
