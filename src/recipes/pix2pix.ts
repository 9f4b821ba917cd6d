import { l1 } from '../losses/reconstruction';
import { total, weighted } from '../losses/total';
import { patchDiscriminator } from '../models/patch-discriminator';
import { unetAccepts, unetGenerator } from '../models/unet';
import { imageSampler } from '../training/image-sampler';
import { meanVerdict, scoreOf } from './adversarial';
import { choice, integer, number } from './config';
import { emaField } from './gan-fields';
import type { Recipe } from './recipe';
import { decayingAdam, patchLoss, patchSize, translationFields } from './translation';

const fields = {
  direction: choice('ab', ['ab', 'ba'], { help: 'ab makes B of A' }),
  width: integer(32, { min: 1, help: 'channels of the first feature maps (64 in the paper)' }),
  dropout: number(0.5, { min: 0, max: 0.9, help: 'dropout of G’s innermost layers, also in use' }),
  norm: choice('batch', ['batch', 'instance'], { help: 'normalises in both networks' }),
  lambda: number(100, { resumable: true, min: 0, help: 'weight of |B − G(A)|' }),
  ...translationFields('non-saturating'),
  emaImages: emaField(0),
};

/**
 * Isola et al. 2017, "Image-to-Image Translation with Conditional Adversarial Networks": a U-Net G makes B of A, a discriminator of patches
 * sees both; G's loss is adversarial + λ · |B − G(A)|. The noise is dropout, which stays on in use, where batch norm takes the statistics
 * of the image itself.
 */
export const pix2pix: Recipe<typeof fields> = {
  name: 'pix2pix',
  summary: 'images of images, learned from pairs (Isola et al. 2017)',
  fields,
  data: 'pairs',
  resolutions: {
    description:
      'any size whose sides 4 divides, the more often halved the better, with patch=70 of at least 24',
    accepts: unetAccepts,
  },
  presets: {
    paper: {
      from: 'Isola et al. 2017',
      otherwise: 'half the channels, so that a processor makes steps at all',
      beside: 'its images come by --resolution 256 --load-size 286 --augment-flip',
      set: () => ({ width: 64, dropout: 0.5, norm: 'batch', lambda: 100, lr: 2e-4, beta1: 0.5 }),
    },
  },
  training: { resolution: 64, batch: 1, steps: 10_000 },
  build(config, specs, training = pix2pix.training) {
    const { direction, width, norm, lambda, emaImages } = config;
    const [from, to] = direction === 'ab' ? ['a', 'b'] : ['b', 'a'];
    const receptiveField = patchSize(config.patch, specs[to]);
    const generator = unetGenerator({
      from: specs[from],
      to: specs[to],
      width,
      dropout: config.dropout,
      norm,
    });
    const discriminator = patchDiscriminator({
      images: specs[to],
      condition: specs[from],
      width,
      receptiveField,
      norm,
    });
    const adversarial = patchLoss(config.loss);
    return {
      networks: { generator, discriminator },
      makes: { fake: { by: 'generator', from: ({ batch }) => batch[from] } },
      phases: [
        {
          name: 'D',
          trains: 'discriminator',
          optimizer: decayingAdam(config, training),
          loss: ({ batch, made, log }) => {
            const fake = discriminator.forward(made.fake, batch[from]);
            const real = discriminator.forward(batch[to], batch[from]);
            log('D(real)', meanVerdict(adversarial, real));
            log('D(fake)', meanVerdict(adversarial, fake));
            return adversarial.discriminator(real, fake);
          },
        },
        {
          name: 'G',
          trains: 'generator',
          optimizer: decayingAdam(config, training),
          loss: ({ batch, made: { fake }, log }) => {
            const distance = l1(fake, batch[to]);
            log('L1', distance);
            const onReal = () => discriminator.forward(batch[to], batch[from]);
            return total(
              adversarial.generator(discriminator.forward(fake, batch[from]), onReal),
              weighted(lambda, distance),
            );
          },
        },
      ],
      games: [
        {
          generator: 'generator',
          discriminator: 'discriminator',
          ...scoreOf(adversarial, { logsVerdicts: true }),
        },
      ],
      ema: emaImages > 0 ? { generator: { halfLifeImages: emaImages } } : {},
      sampler: imageSampler({
        directions: { [direction]: { by: 'generator', from, to } },
        reach: generator,
        norms: 'image',
        paired: true,
      }),
    };
  },
};
