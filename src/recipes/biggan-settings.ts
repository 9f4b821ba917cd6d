import type { ImageSize } from '../data/image-size';
import type { BigGanConditioning } from '../models/biggan-generator';
import { chunkCount, usualAttention } from '../models/biggan-plan';
import type { BigGanStart } from '../models/biggan-start';
import { lossFields } from './adversarial';
import { boolean, type ConfigOf, choice, integer, number, optional } from './config';
import { ganFields } from './gan-fields';
import { halfLife } from './half-life';
import { adamFields } from './rates';

const adamOnes = adamFields({ beta1: 0, beta2: 0.999 });

/** What `--set` reaches of BigGAN. */
export const bigganFields = {
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
  emaStart: optional(
    integer(1_000, {
      min: 0,
      help: 'steps before the averaging begins (small 0, paper 20,000, cifar 1,000)',
    }),
  ),
  ...ganFields(),
  emaImages: optional(
    integer(10_000, {
      min: 0,
      help: 'half-life of G’s averaged weights in images, 0 for none (small 10,000; paper and cifar: 0.9999 a step)',
    }),
  ),
};

type Config = ConfigOf<typeof bigganFields>;

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

/** What an average of the papers' keeps a step. */
const KEPT = 0.9999;

/** Numbers in a part of a latent, and in one that is not taken apart. */
const CHUNK = 20;
const WHOLE = 128;

function settingsOf({ size, deep }: Config, images: ImageSize): Settings {
  const usual = {
    latentSize: deep ? WHOLE : CHUNK * chunkCount(images),
    embeddingSize: 128,
    conditioning: 'latent',
    attention: usualAttention(images),
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
        emaImages: halfLife(KEPT, 2_048),
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
        emaImages: halfLife(KEPT, 50),
        emaStart: 1_000,
      };
  }
}

/**
 * A configuration for images of a size, where what is not said is what `size` says.
 *
 * @throws UsageError for images of a size without a plan
 */
export function bigganSettings(config: Config, images: ImageSize): Config & Settings {
  const said = Object.entries(config).filter(([, value]) => value !== undefined);
  return { ...config, ...settingsOf(config, images), ...Object.fromEntries(said) };
}
