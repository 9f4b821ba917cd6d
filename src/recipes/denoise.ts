import { noisy } from '../data/degradations';
import { degraded } from '../data/degraded-dataset';
import { l1, mse } from '../losses/reconstruction';
import { relativisticAverage } from '../losses/relativistic';
import { total, weighted } from '../losses/total';
import { dnCnn } from '../models/dncnn';
import { patchDiscriminator } from '../models/patch-discriminator';
import { imageSampler } from '../training/image-sampler';
import type { Model } from '../training/model';
import type { Phase } from '../training/phase';
import { choice, type Field, integer, number } from './config';
import { emaField } from './gan-fields';
import type { Recipe } from './recipe';
import { decayingAdam, patchSize, translationFields } from './translation';

const SIGMA = /^(\d+(?:\.\d+)?)(?:-(\d+(?:\.\d+)?))?$/;

/** A σ above 0, or a range of such: `25`, or `0-55`. */
const sigma: Field<string> = {
  default: '25',
  help: 'σ of the noise in levels of 256, or a range, 0-55, that each image’s is drawn from',
  expected: 'a number above 0 and up to 255, or a range such as 0-55',
  fromText: (text) => text,
  accepts: (candidate): candidate is string => {
    if (typeof candidate !== 'string' || !SIGMA.test(candidate)) return false;
    const [from, to] = sigmaRange(candidate);
    return from <= to && to > 0 && to <= 255;
  },
};

function sigmaRange(text: string): readonly [from: number, to: number] {
  const [, from, to = from] = SIGMA.exec(text) ?? [];
  return [Number(from), Number(to)];
}

const { loss: _, ...rates } = translationFields('least-squares');

const fields = {
  noise: choice('gaussian', ['gaussian', 'poisson'], {
    help: 'poisson: as of few photons, white with the deviation σ',
  }),
  sigma,
  depth: integer(10, { min: 2, max: 100, help: 'convolutions (17 in the paper)' }),
  width: integer(32, { min: 1, help: 'channels of the maps (64 in the paper)' }),
  loss: choice('l2', ['l2', 'l1'], { help: 'distance from the clean image' }),
  adversarial: number(0, {
    resumable: 'above 0',
    min: 0,
    help: 'weight of a discriminator of patches in the denoiser’s loss, e.g. 0.005; 0 for none',
  }),
  ...rates,
  lr: number(1e-3, { resumable: true, min: 0, help: rates.lr.help }),
  beta1: number(0.9, { min: 0, max: 0.999, help: rates.beta1.help }),
  emaImages: emaField(5_000),
};

/**
 * Zhang et al. 2017, "Beyond a Gaussian Denoiser": a residual network finds the noise that was put on images, at one level or, blind, at any of a
 * range, and is judged by what is left. With `adversarial` a discriminator of patches, whose loss is relativistic (Wang et al. 2018), sees
 * clean images and denoised ones: sharper, and further from the truth.
 */
export const denoise: Recipe<typeof fields> = {
  name: 'denoise',
  summary: 'images without their noise (DnCNN, Zhang et al. 2017)',
  fields,
  prepare: (dataset, config) => degraded(dataset, degradationOf(config)),
  prepares: 'pairs',
  patches: true,
  resolutions: {
    description: 'any size of at least 8, with adversarial and patch=70 of at least 24',
    accepts: ({ height, width }) => Math.min(height, width) >= 8,
  },
  presets: {
    paper: {
      from: 'Zhang et al. 2017',
      otherwise:
        'half the channels, 10 layers of 17 and a quarter of the batch, so that two cores finish in minutes, and averaged weights',
      batch: 128,
      set: () => ({ depth: 17, width: 64, loss: 'l2', adversarial: 0, lr: 1e-3, beta1: 0.9, emaImages: 0 }),
    },
  },
  training: { resolution: 40, batch: 32, steps: 4_000 },
  build(config, { target }, training = denoise.training): Model {
    const { depth, width, adversarial, emaImages } = config;
    const denoiser = dnCnn({ images: target, depth, width });
    const distance = config.loss === 'l2' ? mse : l1;
    const common = {
      makes: { clean: { by: 'denoiser', from: ({ batch }) => batch.input } },
      ema: emaImages > 0 ? { denoiser: { halfLifeImages: emaImages } } : {},
      sampler: imageSampler({
        directions: { denoise: { by: 'denoiser', from: 'input', to: 'target' } },
        reach: denoiser,
        paired: true,
      }),
    } satisfies Partial<Model>;
    const clear: Phase = {
      name: 'G',
      trains: 'denoiser',
      optimizer: decayingAdam(config, training),
      loss: ({ batch, made }) => distance(made.clean, batch.target),
    };
    if (adversarial === 0) return { ...common, networks: { denoiser }, phases: [clear] };
    const discriminator = patchDiscriminator({
      images: target,
      width,
      receptiveField: patchSize(config.patch, target),
      norm: 'none',
      spectralNorm: true,
    });
    const game = relativisticAverage();
    return {
      ...common,
      networks: { denoiser, discriminator },
      games: [{ generator: 'denoiser', discriminator: 'discriminator' }],
      phases: [
        {
          name: 'D',
          trains: 'discriminator',
          optimizer: decayingAdam(config, training),
          loss: ({ batch, made }) =>
            game.discriminator(discriminator.forward(batch.target), discriminator.forward(made.clean)),
        },
        {
          ...clear,
          loss: ({ batch, made: { clean }, log }) => {
            const away = distance(clean, batch.target);
            log('distance', away);
            return total(
              away,
              weighted(adversarial, () =>
                game.generator(discriminator.forward(clean), () => discriminator.forward(batch.target)),
              ),
            );
          },
        },
      ],
    };
  },
};

function degradationOf({
  noise,
  sigma: levels,
}: {
  readonly noise: 'gaussian' | 'poisson';
  readonly sigma: string;
}) {
  return noisy({ kind: noise, sigma: sigmaRange(levels) });
}
