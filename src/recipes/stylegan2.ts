import { nonSaturating } from '../losses/adversarial';
import { r1 } from '../losses/gradient-penalty';
import { lazily, pathLength } from '../losses/regularizers';
import { weighted } from '../losses/total';
import { PathMean } from '../models/path-mean';
import { STYLE_RESOLUTIONS, styleAccepts } from '../models/style-channels';
import { styleDiscriminator } from '../models/style-discriminator';
import { type StyleGenerator, styleGenerator } from '../models/style-generator';
import { adam } from '../optim/adam';
import { withoutAutocast } from '../tensor/autograd';
import type { Phase } from '../training/phase';
import { requireClasses } from './conditional';
import { boolean, type ConfigOf, choice, integer, number, optional } from './config';
import { type GanParts, gan } from './gan';
import { ganFields } from './gan-fields';
import { discriminatorLr, discriminatorRate } from './rates';
import type { Recipe } from './recipe';
import {
  type StyleSize,
  type StyleTraining,
  styleBatch,
  styleEma,
  styleGamma,
  stylePreset,
  styleRate,
  toldBatch,
  usualStyleSize,
} from './style-rules';

const fields = {
  size: {
    ...choice<StyleSize>('small', ['small', 'paper'], {
      help: 'of the networks: for a processor, or the papers’',
    }),
    usually: 'paper with a GPU, else small',
  },
  latentSize: optional(integer(128, { min: 1, help: 'numbers in z and in w, by size 128 or 512' })),
  width: optional(
    integer(16, {
      min: 1,
      help: 'channels at the images’ size, by size and resolution; each halving doubles them',
    }),
  ),
  maxWidth: optional(
    integer(128, { min: 1, help: 'the most channels a feature map has, by size 128 or 512' }),
  ),
  mapping: optional(integer(2, { min: 1, max: 16, help: 'layers of the mapping, by size 2 or 8' })),
  conditional: boolean(false, { help: 'whether images are made of a class' }),
  mixing: number(0.9, { min: 0, max: 1, help: 'share of images with two styles in training' }),
  groupSize: integer(4, { min: 1, help: 'images that the minibatch standard deviation compares' }),
  gamma: optional(
    number(10, {
      min: 0,
      resumable: true,
      help: 'weight of R1, by rule 0.0002 · resolution² / batch, and 0.16 for 0.0002 with size=small',
    }),
  ),
  gammaEvery: integer(16, { min: 1, help: 'steps from one R1 to the next, which is as many times as heavy' }),
  pathWeight: number(2, { min: 0, resumable: true, help: 'weight of the path length regularisation' }),
  pathDecay: number(0.01, { min: 0, max: 1, help: 'share of each batch in the mean path length' }),
  pathEvery: integer(4, {
    min: 1,
    help: 'steps from one path length to the next, which is as many times as heavy',
  }),
  lr: optional(
    number(0.0025, { min: 0, resumable: true, help: 'learning rate of both networks, by rule 0.0025' }),
  ),
  discriminatorLr,
  beta2: number(0.99, { min: 0, max: 0.99999, help: 'Adam’s decay of the gradient’s square' }),
  ...ganFields(),
  emaImages: optional(
    integer(5_000, {
      min: 0,
      help: 'half-life of the averaged weights in images, 0 for none, by rule batch · 10 / 32 thousand',
    }),
  ),
};

type Config = ConfigOf<typeof fields>;

/**
 * Karras et al. 2020, "Analyzing and Improving the Image Quality of StyleGAN", with the settings and the augmentation of their "Training
 * Generative Adversarial Networks with Limited Data": a mapping of z to w, modulated convolutions with noise, skip connections in G and
 * residual ones in D; lazy R1 and lazy path length regularisation in phases of their own. Written from the papers.
 */
export const stylegan2: Recipe<typeof fields> = {
  name: 'stylegan2',
  summary: 'styles in each layer, path length and lazy R1, truncation and mixing in w (Karras et al. 2020)',
  fields,
  resolutions: {
    description: `${STYLE_RESOLUTIONS.slice(0, -1).join(', ')} or ${STYLE_RESOLUTIONS.at(-1)}, square`,
    accepts: styleAccepts,
  },
  presets: {
    paper: {
      from: 'Karras et al. 2020',
      otherwise: 'a small size where there is no GPU',
      beside:
        'the rate, the batch and the average go by the rules of the paper in both sizes, γ by its rule too, 800 times as large with size=small',
      set: () => ({
        size: 'paper',
        mixing: 0.9,
        groupSize: 4,
        gammaEvery: 16,
        pathWeight: 2,
        pathDecay: 0.01,
        pathEvery: 4,
        beta2: 0.99,
      }),
    },
  },
  training: { resolution: 32, batch: 32, steps: 2_000 },
  batchFor: ({ height }) => styleBatch(height),
  defaultsOn: (device) => ({ size: usualStyleSize(device) }),
  build(config, { images }, { batch = styleBatch(images.height), accumulate = 1 } = stylegan2.training) {
    const training: StyleTraining = { size: config.size, side: images.height, batch: batch * accumulate };
    const preset = stylePreset(config.size, images.height);
    const { width = preset.width, maxWidth = preset.maxWidth, latentSize = preset.latentSize } = config;
    const { mapping: mappingDepth = preset.mapping, mixing, groupSize } = config;
    const classes = config.conditional ? requireClasses('stylegan2 with conditional=true', images) : 0;
    const sizes = { images, width, maxWidth, classes };
    const gamma = styleGamma(training, config.gamma);
    const ema = styleEma(training, config.emaImages);
    const rate = styleRate(config.lr);
    const optimizers = {
      discriminator: lazyAdam(config, {
        lr: discriminatorRate({ ...config, lr: rate.value }),
        every: config.gammaEvery,
        weight: gamma.value,
      }),
      generator: lazyAdam(config, { lr: rate.value, every: config.pathEvery, weight: config.pathWeight }),
    };
    const paths = new PathMean({ decay: config.pathDecay });
    const model = gan({
      config: { ...config, emaImages: ema.value },
      networks: {
        generator: styleGenerator({ ...sizes, latentSize, mappingDepth, mixing }),
        discriminator: styleDiscriminator({ ...sizes, groupSize }),
      },
      latent: { size: latentSize, ...(classes > 0 && { classes, conditional: true }) },
      loss: nonSaturating(),
      optimizers,
      others: { paths },
      further: (parts) => [
        ...(gamma.value > 0
          ? [lazyR1({ ...config, gamma: gamma.value }, optimizers.discriminator, parts)]
          : []),
        ...(config.pathWeight > 0 ? [lazyPathLength(config, optimizers.generator)] : []),
      ],
    });
    return { ...model, rules: [gamma.told, toldBatch(training), rate.told, ema.told] };
  },
};

/** Adam whose network has a lazy penalty as well, unless its weight is 0. */
function lazyAdam(
  { beta2 }: Config,
  { lr, every, weight }: { readonly lr: number; readonly every: number; readonly weight: number },
) {
  const options = { lr, betas: [0, beta2] } as const;
  return adam(weight > 0 ? lazily(every).adam(options) : options);
}

function lazyR1(
  { gamma, gammaEvery, conditional }: Config & { readonly gamma: number },
  optimizer: Phase['optimizer'],
  { augment }: GanParts,
): Phase {
  const lazy = lazily(gammaEvery);
  return {
    name: 'R1',
    trains: 'discriminator',
    optimizer,
    every: lazy.every,
    loss: ({ batch, networks: { discriminator } }) => {
      const critic = (images: Parameters<typeof augment>[0]) =>
        conditional
          ? discriminator.forward(augment(images), batch.labels)
          : discriminator.forward(augment(images));
      return weighted(lazy.weight * gamma, r1(critic, batch.images));
    },
  };
}

/** Of half of a batch, as in the paper: its graph is as large again. */
function lazyPathLength({ pathWeight, pathEvery }: Config, optimizer: Phase['optimizer']): Phase {
  const lazy = lazily(pathEvery);
  return {
    name: 'PL',
    trains: 'generator',
    optimizer,
    every: lazy.every,
    loss: ({ latents, networks, log }) => {
      const generator = networks.generator as StyleGenerator;
      const { mean, decay } = networks.paths as PathMean;
      const half = latents.narrow(0, { start: 0, length: Math.ceil(latents.shape[0] / 2) });
      const penalty = withoutAutocast(half.device, () =>
        pathLength((styles) => generator.drawImages(styles), {
          latents: generator.drawStyles(half),
          mean,
          decay,
        }),
      );
      log('path length', mean);
      return weighted(lazy.weight * pathWeight, penalty);
    },
  };
}
