import { differentiable } from '../losses/critic';
import { gradientSquares } from '../losses/gradient-penalty';
import { relativistic } from '../losses/relativistic';
import { total } from '../losses/total';
import { modernAccepts, modernDiscriminator, modernGenerator } from '../models/modern';
import { type AdamOptions, adam } from '../optim/adam';
import { cosine } from '../optim/schedule';
import { withoutAutocast } from '../tensor/autograd';
import { cat } from '../tensor/shapes';
import { meanVerdict } from './adversarial';
import { augment } from './augmentation';
import { integer, number } from './config';
import { gan } from './gan';
import { allow, emaField } from './gan-fields';
import { discriminatorLr, discriminatorRate } from './rates';
import type { Recipe } from './recipe';

const fields = {
  latentSize: integer(64, { min: 1, help: 'numbers in a latent' }),
  width: integer(16, { min: 1, help: 'channels at the images’ size; each halving doubles them' }),
  maxWidth: integer(128, { min: 1, help: 'the most channels a feature map has' }),
  blocks: integer(1, { min: 1, help: 'residual blocks for each size of the feature maps' }),
  expansion: integer(2, { min: 1, help: 'how many times as many channels a block has inside' }),
  groupSize: integer(16, { min: 1, help: 'channels that a group of a block’s 3×3 convolution sees' }),
  gamma: number(50, {
    resumable: true,
    min: 0,
    help: 'weight of R1 and R2 at the start (the paper’s: 0.05 to 150, by the data)',
  }),
  gammaEnd: number(10, { resumable: true, min: 0, help: 'and from half of the training on' }),
  lr: number(1e-3, { resumable: true, min: 0, help: 'learning rate of both networks at the start' }),
  lrEnd: number(3e-4, { resumable: true, min: 0, help: 'and from half of the training on' }),
  discriminatorLr,
  beta2: number(0.99, {
    min: 0,
    max: 0.999,
    help: 'Adam’s decay of the gradient’s square at the start (0.9 in the paper)',
  }),
  beta2End: number(0.99, { min: 0, max: 0.999, help: 'and from half of the training on' }),
  augment,
  emaImages: emaField(10_000),
  allow,
};

/** Stairs in which β₂ goes its way: at each a CUDA graph is captured anew. */
const STAIRS = 10;

/**
 * Huang et al. 2024, "The GAN is dead; long live the GAN! A Modern Baseline GAN": real images against fakes in pairs, with both gradient
 * penalties on every step in float32, which makes the game converge; residual networks without normalisation; Adam without momentum;
 * γ, the learning rate and β₂ go along half a cosine wave over the first half of the training. Augmented images have their penalties
 * through the augmentation: the slope is that at the images as they are.
 */
export const modern: Recipe<typeof fields> = {
  name: 'modern',
  summary: 'relativistic pairs with R1 and R2, no normalisation: the one to begin with (Huang et al. 2024)',
  fields,
  resolutions: { description: 'a power of two from 8 to 512, square', accepts: modernAccepts },
  presets: {
    paper: {
      from: 'Huang et al. 2024',
      otherwise: 'five times the rate and β₂ of 0.99 throughout, for trainings of minutes',
      beside:
        'γ goes by the data, from 0.05 to 150, and the networks by the images: gamma, width and blocks stay',
      set: () => ({ lr: 2e-4, lrEnd: 5e-5, beta2: 0.9, beta2End: 0.99 }),
    },
  },
  training: { resolution: 32, batch: 32, steps: 4_000 },
  build(config, { images }, training = modern.training) {
    const { latentSize, width, maxWidth, blocks, expansion, groupSize } = config;
    const sizes = { images, width, maxWidth, blocksPerStage: blocks, expansion, groupSize };
    const steps = Math.max(1, Math.round(training.steps / 2));
    const gamma = cosine({ from: config.gamma, to: config.gammaEnd, steps });
    const beta2 = cosine({ from: 0, to: STAIRS, steps });
    const annealed: Omit<AdamOptions, 'lr'> = {
      schedule: cosine({ to: config.lr > 0 ? config.lrEnd / config.lr : 1, steps }),
      betaSchedule: (step) => [
        0,
        config.beta2 + ((config.beta2End - config.beta2) * Math.round(beta2(step))) / STAIRS,
      ],
    };
    const optimizers = {
      discriminator: adam({ ...annealed, lr: discriminatorRate(config) }),
      generator: adam({ ...annealed, lr: config.lr }),
    };
    return gan({
      config,
      networks: {
        generator: modernGenerator({ ...sizes, latentSize }),
        discriminator: modernDiscriminator(sizes),
      },
      latent: { size: latentSize },
      loss: relativistic(),
      optimizers,
      oneBatch: true,
      own: {
        constraints: ['r1', 'r2'],
        phases: ({ loss: pairs, augment: seen, observe }) => [
          {
            name: 'D',
            trains: 'discriminator',
            optimizer: optimizers.discriminator,
            loss: ({
              batch: { images: real },
              made: { fake },
              networks: { discriminator },
              scheduled,
              log,
            }) =>
              withoutAutocast(real.device, () => {
                const both = differentiable(cat([real, fake.to({ dtype: real.dtype })]));
                const logits = discriminator.forward(seen(both));
                const [onReal, onFake] = logits.split(real.shape[0]);
                observe(onReal, onFake);
                log('D(real)', meanVerdict(pairs, onReal));
                log('D(fake)', meanVerdict(pairs, onFake));
                // The mean over both kinds is half of R1 + R2.
                const penalties = gradientSquares(logits, both).mul(2);
                return total(pairs.discriminator(onReal, onFake), penalties.mul(scheduled(gamma)));
              }),
          },
          {
            name: 'G',
            trains: 'generator',
            optimizer: optimizers.generator,
            loss: ({ batch, made, networks: { discriminator } }) =>
              pairs.generator(discriminator.forward(seen(made.fake)), () =>
                discriminator.forward(seen(batch.images)),
              ),
          },
        ],
      },
    });
  },
};
