import { adam } from '../optim/adam';
import type { OptimizerFactory } from '../optim/optimizer';
import { linear, type Schedule } from '../optim/schedule';
import { number } from './config';
import type { TrainingLength } from './recipe';

const ownRate = (rate: number) =>
  number(rate, { min: 0, resumable: true, help: 'learning rate of D, 0 for the same' });

/** `--set discriminatorLr=…`: two time scales (TTUR, Heusel et al. 2017). */
export const discriminatorLr = ownRate(0);

/** The learning rate of D. */
export function discriminatorRate(config: { readonly lr: number; readonly discriminatorLr: number }): number {
  return config.discriminatorLr > 0 ? config.discriminatorLr : config.lr;
}

/** The rate of most recipes on DCGAN's networks. By it digits have FID 2.8 after 2,000 steps, Fashion-MNIST 0.61 after 20 epochs; by the paper's 5.9 and 0.87. */
export const DCGAN_RATE = { lr: 5e-4, lrHelp: ' (2e-4 in DCGAN’s paper)' } as const;

/** What `--set` reaches of {@link adamPair}, with a recipe's defaults; `lrHelp` says more of the rate. */
export function adamFields({
  lr = 2e-4,
  beta1 = 0.5,
  beta2 = 0.999,
  lrHelp = '',
  discriminatorLr: ofDiscriminator = 0,
}: {
  readonly lr?: number;
  /** 0 for the same. */
  readonly discriminatorLr?: number;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly lrHelp?: string;
} = {}) {
  return {
    lr: number(lr, {
      min: 0,
      resumable: true,
      help: `learning rate of ${ofDiscriminator > 0 ? 'G' : 'both networks'}${lrHelp}`,
    }),
    discriminatorLr: ownRate(ofDiscriminator),
    beta1: number(beta1, { min: 0, max: 0.999, help: 'Adam’s decay of the gradient’s mean' }),
    beta2: number(beta2, { min: 0, max: 0.99999, help: 'Adam’s decay of the gradient’s square' }),
  };
}

/** The values of {@link adamFields}. */
export interface AdamConfig {
  readonly lr: number;
  readonly discriminatorLr: number;
  readonly beta1: number;
  readonly beta2: number;
  /** Added to the root of the mean square (1e-8). */
  readonly eps?: number;
}

/**
 * Adam for both networks, D's with a rate of its own where one is set.
 *
 * @param options.critic steps of D for each of G's: D's optimizer counts its own (1)
 * @param options.schedule the schedule of a network that takes so many steps in one of the training (level)
 */
export function adamPair(
  config: AdamConfig,
  { critic = 1, schedule }: { readonly critic?: number; schedule?: (times: number) => Schedule } = {},
): { readonly discriminator: OptimizerFactory; readonly generator: OptimizerFactory } {
  const optimizer = (lr: number, times: number) =>
    adam({
      lr,
      betas: [config.beta1, config.beta2],
      eps: config.eps,
      ...(schedule && { schedule: schedule(times) }),
    });
  return { discriminator: optimizer(discriminatorRate(config), critic), generator: optimizer(config.lr, 1) };
}

/** What {@link adamFields} say of a rate by {@link fallingRate}. */
export const FALLING = ', falling to 0 over the training';

/** The schedule of {@link adamPair} by which both rates fall to 0 in a line, over the training. */
export function fallingRate({ steps }: TrainingLength): (times: number) => Schedule {
  return (times) => linear({ steps: steps * times });
}
