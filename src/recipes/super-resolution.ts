import type { ImageSpec } from '../data/dataset';
import { shrunk } from '../data/degradations';
import { degraded } from '../data/degraded-dataset';
import { UsageError } from '../errors';
import { perceptualDistance } from '../losses/perceptual';
import { l1 } from '../losses/reconstruction';
import { relativisticAverage } from '../losses/relativistic';
import { total, weighted } from '../losses/total';
import { patchDiscriminator } from '../models/patch-discriminator';
import { upscaler } from '../models/upscaler';
import { imageSampler } from '../training/image-sampler';
import type { Model } from '../training/model';
import { type ConfigOf, choice, integer, number, optional } from './config';
import { emaField } from './gan-fields';
import { halfLife } from './half-life';
import type { Recipe, TrainingLength } from './recipe';
import { decayingAdam, patchSize, translationFields } from './translation';

const { loss: _, ...rates } = translationFields('least-squares');

const fields = {
  scale: integer(2, { min: 2, max: 4, help: 'how many times as high and wide images become: 2, 3 or 4' }),
  stage: choice('pixel', ['pixel', 'adversarial'], {
    help: 'adversarial begins from a run of pixel: --init RUN',
  }),
  network: choice('srresnet', ['srresnet', 'rrdb'], { help: 'rrdb: dense blocks in dense blocks, slower' }),
  width: integer(32, { min: 1, help: 'channels of the maps (64 in the papers)' }),
  blocks: optional(
    integer(8, { min: 1, max: 100, help: 'residual blocks (8, of rrdb 3; 16 and 23 in the papers)' }),
  ),
  growth: integer(16, { min: 1, help: 'channels that a convolution of rrdb adds (32 in the paper)' }),
  pixel: number(1e-2, { resumable: true, min: 0, help: 'weight of L1 in the adversarial stage' }),
  perceptual: number(1, { resumable: 'above 0', min: 0, help: 'weight of the distance of features in it' }),
  adversarial: number(5e-3, { resumable: true, min: 0, help: 'weight of the adversarial loss in it' }),
  ...rates,
  lr: optional(
    number(4e-4, { resumable: true, min: 0, help: `${rates.lr.help} (4e-4, in the adversarial stage 1e-4)` }),
  ),
  beta1: number(0.9, { min: 0, max: 0.999, help: rates.beta1.help }),
  emaImages: emaField(10_000),
};

type Config = ConfigOf<typeof fields>;

/** Blocks where nobody says how many. */
const BLOCKS = { srresnet: 8, rrdb: 3 };

/** Learning rates where nobody says one: what the adversarial stage begins with is trained already. */
const RATES = { pixel: 4e-4, adversarial: 1e-4 };

/**
 * Ledig et al. 2017 and Wang et al. 2018 (ESRGAN): images that are `scale` times as high and wide, learned from patches and what
 * antialiased bicubic interpolation leaves of them. The stage `pixel` learns by L1; `adversarial`, which begins from its weights, by
 * 0.01 · L1 + the distance of features before their activation + 0.005 · a relativistic average loss of patches: more detail, fewer dB.
 */
export const superResolution: Recipe<typeof fields> = {
  name: 'super-resolution',
  summary: 'images 2, 3 or 4 times as large (SRResNet, Ledig et al. 2017; ESRGAN, Wang et al. 2018)',
  fields,
  prepare: (dataset, { scale }) => degraded(dataset, shrunk(scale)),
  prepares: 'pairs',
  goesOnFrom: ({ stage }) => (stage === 'adversarial' ? 'a run of stage=pixel' : null),
  perceives,
  patches: true,
  resolutions: {
    description:
      'any size of at least 8 that the scale divides, with stage=adversarial and patch=70 of at least 24',
    accepts: ({ height, width }) => Math.min(height, width) >= 8,
  },
  presets: {
    paper: {
      from: 'Ledig et al. 2017',
      otherwise: 'half the channels and blocks, and four times the rate, so that two cores finish in minutes',
      beside:
        'its images come by --resolution 96; the rate is level for half of the training and then falls to 0, where the paper halves it four times',
      set: () => ({
        network: 'srresnet',
        width: 64,
        blocks: 16,
        lr: 1e-4,
        beta1: 0.9,
        emaImages: halfLife(0.999, 16),
      }),
    },
    esrgan: {
      from: 'Wang et al. 2018',
      otherwise: 'a small residual network, so that two cores finish in minutes',
      beside: 'its images come by --resolution 128, its second stage by --set stage=adversarial --init RUN',
      set: () => ({
        network: 'rrdb',
        width: 64,
        blocks: 23,
        growth: 32,
        pixel: 1e-2,
        perceptual: 1,
        adversarial: 5e-3,
        lr: 1e-4,
        beta1: 0.9,
        emaImages: halfLife(0.999, 16),
      }),
    },
  },
  training: { resolution: 48, batch: 16, steps: 5_000 },
  // What is built to be used never asks for features.
  build(config, { input, target }, training = { ...superResolution.training, perceive: () => [] }): Model {
    const { scale, stage, network, width, blocks = BLOCKS[network], growth, emaImages } = config;
    const rates = { ...config, lr: config.lr ?? RATES[stage] };
    const generator = upscaler({
      from: input,
      to: target,
      network: network === 'srresnet' ? 'residual' : 'dense',
      width,
      blocks,
      growth,
    });
    const model = {
      makes: { large: { by: 'generator', from: ({ batch }) => batch.input } },
      ema: emaImages > 0 ? { generator: { halfLifeImages: emaImages } } : {},
      sampler: imageSampler({
        directions: { enlarge: { by: 'generator', from: 'input', to: 'target' } },
        reach: generator,
        paired: true,
        compared: { colours: 'y', border: scale },
      }),
    } satisfies Partial<Model>;
    const optimizer = () => decayingAdam(rates, training);
    if (stage === 'pixel')
      return {
        ...model,
        networks: { generator },
        phases: [
          {
            name: 'G',
            trains: 'generator',
            optimizer: optimizer(),
            loss: ({ batch, made }) => l1(made.large, batch.target),
          },
        ],
      };
    const discriminator = discriminatorOf(config, target);
    const perceive = perceptionOf(config, training);
    const game = relativisticAverage();
    return {
      ...model,
      networks: { generator, discriminator },
      games: [{ generator: 'generator', discriminator: 'discriminator' }],
      phases: [
        {
          name: 'D',
          trains: 'discriminator',
          optimizer: optimizer(),
          loss: ({ batch, made }) =>
            game.discriminator(discriminator.forward(batch.target), discriminator.forward(made.large)),
        },
        {
          name: 'G',
          trains: 'generator',
          optimizer: optimizer(),
          loss: ({ batch: { target: wanted }, made: { large }, log }) => {
            const away = l1(large, wanted);
            log('L1', away);
            return total(
              weighted(config.pixel, away),
              perceive
                ? weighted(config.perceptual, perceptualDistance(perceive(large), perceive(wanted)))
                : null,
              weighted(config.adversarial, () =>
                game.generator(discriminator.forward(large), () => discriminator.forward(wanted)),
              ),
            );
          },
        },
      ],
    };
  },
};

function perceives({ stage, perceptual }: Pick<Config, 'stage' | 'perceptual'>): boolean {
  return stage === 'adversarial' && perceptual > 0;
}

/** @throws UsageError for a training without the feature network that it needs; one that is not trained needs none */
function perceptionOf(config: Config, { perceive }: TrainingLength): TrainingLength['perceive'] | null {
  if (!perceives(config)) return null;
  if (perceive) return perceive;
  throw new UsageError(
    'perceptual expects a feature network but received none: give `perceive` to build, or set perceptual to 0',
  );
}

function discriminatorOf({ width, patch }: Config, images: ImageSpec) {
  return patchDiscriminator({
    images,
    width,
    receptiveField: patchSize(patch, images),
    norm: 'none',
    spectralNorm: true,
  });
}
