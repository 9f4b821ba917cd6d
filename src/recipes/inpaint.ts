import { degraded } from '../data/degraded-dataset';
import { masked } from '../data/masked';
import { hinge } from '../losses/adversarial';
import { maskedL1 } from '../losses/reconstruction';
import { total, weighted } from '../losses/total';
import { inpainter } from '../models/inpainter';
import { patchDiscriminator } from '../models/patch-discriminator';
import { cat } from '../tensor/shapes';
import { imageSampler } from '../training/image-sampler';
import { choice, integer, number } from './config';
import { emaField } from './gan-fields';
import type { Recipe } from './recipe';
import { decayingAdam, patchSize, translationFields } from './translation';

const { loss: _, ...rates } = translationFields('hinge');

/** Of the holes that are judged: the same for all, whatever a model has learned from. */
const JUDGED = masked({ kind: 'rectangle', share: 0.25 });

const fields = {
  masks: choice('both', ['both', 'free-form', 'rectangle'], {
    help: 'holes to learn from; rectangles of a quarter of the area are judged',
  }),
  width: integer(32, { min: 1, help: 'channels of the maps at the images’ size' }),
  l1: number(1, { resumable: true, min: 0, help: 'weight of L1 in the hole' }),
  adversarial: number(0.02, {
    resumable: true,
    min: 0,
    help: 'weight of the adversarial loss in G’s (1 in the paper)',
  }),
  ...rates,
  lr: number(5e-4, { ...rates.lr, resumable: true, min: 0 }),
  emaImages: emaField(10_000),
};

/**
 * Yu et al. 2019, "Free-Form Image Inpainting with Gated Convolution": a network fills a hole, which a mask beside the image marks, and a spectrally
 * normalised discriminator of patches sees images, whole or filled, with their masks; hinge loss, and L1 over the hole. Known pixels are in what
 * the network makes, so neither loss nor metric sees anything else there.
 */
export const inpaint: Recipe<typeof fields> = {
  name: 'inpaint',
  summary: 'images without their holes (gated convolutions, Yu et al. 2019)',
  fields,
  prepare: (dataset, { masks: kind }) => degraded(dataset, masked({ kind }), JUDGED),
  prepares: 'pairs',
  resolutions: {
    description: 'sizes of at least 16 that 4 divides, with patch=70 of at least 24',
    accepts: ({ height, width }) => Math.min(height, width) >= 16 && height % 4 === 0 && width % 4 === 0,
  },
  presets: {
    paper: {
      from: 'Yu et al. 2019',
      otherwise:
        'five times the rate, and a light adversarial loss, since in a training of minutes it roughens what L1 has filled',
      beside:
        'one network, where the paper has a coarse and a fine one, and a rate that falls to 0, where its is level',
      set: () => ({ lr: 1e-4, l1: 1, adversarial: 1 }),
    },
  },
  training: { resolution: 64, batch: 16, steps: 10_000 },
  build(config, { target, mask }, training = inpaint.training) {
    const { width, emaImages } = config;
    const receptiveField = patchSize(config.patch, target);
    const generator = inpainter({ images: target, width });
    const discriminator = patchDiscriminator({
      images: target,
      condition: mask,
      width,
      receptiveField,
      norm: 'none',
      spectralNorm: true,
    });
    const game = hinge();
    return {
      networks: { generator, discriminator },
      makes: { filled: { by: 'generator', from: ({ batch }) => cat([batch.input, batch.mask], 1) } },
      games: [{ generator: 'generator', discriminator: 'discriminator' }],
      ema: emaImages > 0 ? { generator: { halfLifeImages: emaImages } } : {},
      phases: [
        {
          name: 'D',
          trains: 'discriminator',
          optimizer: decayingAdam(config, training),
          loss: ({ batch, made }) =>
            game.discriminator(
              discriminator.forward(batch.target, batch.mask),
              discriminator.forward(made.filled, batch.mask),
            ),
        },
        {
          name: 'G',
          trains: 'generator',
          optimizer: decayingAdam(config, training),
          loss: ({ batch, made: { filled }, log }) => {
            const away = maskedL1(filled, batch.target, batch.mask);
            log('L1', away);
            return total(
              weighted(config.l1, away),
              weighted(config.adversarial, () => game.generator(discriminator.forward(filled, batch.mask))),
            );
          },
        },
      ],
      sampler: imageSampler({
        directions: { fill: { by: 'generator', from: 'input', to: 'target', mask: 'mask' } },
        reach: generator,
        paired: true,
      }),
    };
  },
};
