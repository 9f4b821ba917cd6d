import { wasserstein } from '../losses/adversarial';
import { gradientPenalty } from '../losses/gradient-penalty';
import { drift } from '../losses/regularizers';
import { total, weighted } from '../losses/total';
import {
  levelOf,
  PROGRESSIVE_SIZES,
  progressiveAccepts,
  progressiveDiscriminator,
  progressiveGenerator,
} from '../models/progressive';
import { integer, number, text } from './config';
import { gan } from './gan';
import { ganFields } from './gan-fields';
import { BATCHES, batchesOf, growing } from './growth';
import { halfLife } from './half-life';
import { adamFields, adamPair } from './rates';
import type { Recipe } from './recipe';

const fields = {
  latentSize: integer(64, { min: 1, help: 'numbers in a latent (the paper’s: 512)' }),
  width: integer(8, {
    min: 1,
    help: 'channels at the images’ size; each halving doubles them (the paper’s: 256 at 64×64, 64 at 256×256)',
  }),
  maxWidth: integer(64, { min: 1, help: 'the most channels a feature map has (the paper’s: 512)' }),
  fadeImages: integer(12_800, {
    min: 1,
    help: 'images in which a level fades in (the paper’s: 600000)',
  }),
  stableImages: integer(12_800, {
    min: 1,
    help: 'images on which a level is then trained before the next (the paper’s: 600000)',
  }),
  batches: text('halves', {
    pattern: BATCHES,
    expected: 'halves, or a batch for each level from 4×4 on, the last for all that follow, as 64,64,32',
    help: 'images a step by level; halves: --batch up to 16×16, then half of it for each doubling, 4 at least (the paper’s: that with --batch 128)',
  }),
  lambda: number(10, { resumable: true, min: 0, help: 'weight of the gradient penalty' }),
  drift: number(0.001, {
    resumable: true,
    min: 0,
    help: 'weight of the square of D’s logits on real images',
  }),
  ...adamFields({ lr: 1e-3, beta1: 0, beta2: 0.99 }),
  ...ganFields({ emaImages: 10_000 }),
};

/**
 * Karras et al. 2018, "Progressive Growing of GANs": both networks begin at 4 × 4 and get a level for each doubling, which fades in. A training in stages:
 * batch and size by level, and optimizers that begin anew with each. Real images are the area means of those of the data set, and fade as the
 * networks do.
 */
export const progressive: Recipe<typeof fields> = {
  name: 'progressive',
  summary: 'grows from 4×4 to the images’ size, level by level (Karras et al. 2018)',
  fields,
  resolutions: { description: PROGRESSIVE_SIZES, accepts: progressiveAccepts },
  presets: {
    paper: {
      from: 'Karras et al. 2018',
      otherwise:
        'few channels and 12,800 images for each half of a level, so that two cores finish in minutes',
      beside: 'the levels take 1.2 million images each: --steps says how many of them',
      batch: 128,
      set: ({ height }) => ({
        latentSize: 512,
        width: Math.min(512, 16_384 / height),
        maxWidth: 512,
        fadeImages: 600_000,
        stableImages: 600_000,
        batches: 'halves',
        lambda: 10,
        drift: 0.001,
        lr: 1e-3,
        beta1: 0,
        beta2: 0.99,
        emaImages: halfLife(0.999, Math.max(4, Math.min(128, 2_048 / height))),
      }),
    },
  },
  training: { resolution: 32, batch: 64, steps: 2_000 },
  build(config, { images }, { batch = progressive.training.batch, accumulate } = progressive.training) {
    const { latentSize, width, maxWidth, fadeImages, stableImages, lambda: weight } = config;
    const sizes = { images, width, maxWidth };
    const lastLevel = levelOf(images);
    const batchOf = batchesOf(config.batches, { batch, lastLevel });
    const discriminator = progressiveDiscriminator(sizes);
    const { generator: ofGenerator, discriminator: ofDiscriminator, ...rest } = wasserstein();
    return gan({
      config,
      networks: { generator: progressiveGenerator({ ...sizes, latentSize }), discriminator },
      latent: { size: latentSize },
      loss: {
        ...rest,
        generator: ofGenerator,
        discriminator: (real, fake) =>
          total(
            ofDiscriminator(real, fake),
            weighted(config.drift, () => drift(real)),
          ),
      },
      optimizers: adamPair(config),
      real: ({ batch: { images: real } }) => discriminator.seen(real),
      penalty: {
        constraint: 'gradient-penalty',
        weight,
        of: ({ batch: { images: real }, made }, judge) =>
          gradientPenalty(judge, { real: discriminator.seen(real), fake: made.fake }),
      },
      stages: growing({ lastLevel, fadeImages, stableImages, batchOf, accumulate }),
      size: images,
    });
  },
};
