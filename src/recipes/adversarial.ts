import { UsageError } from '../errors';
import {
  type AdversarialLoss,
  hinge,
  leastSquares,
  logistic,
  minimax,
  nonSaturating,
} from '../losses/adversarial';
import { relativistic, relativisticAverage } from '../losses/relativistic';
import type { OptimizerFactory } from '../optim/optimizer';
import { cat } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';
import type { Phase } from '../training/phase';

/** Losses that `--set loss=…` can name. */
export const LOSSES = [
  'non-saturating',
  'minimax',
  'least-squares',
  'hinge',
  'logistic',
  'relativistic',
  'relativistic-average',
] as const;

/** Those whose real images have a target that can be smoothed. */
const SMOOTHED: readonly string[] = ['non-saturating', 'minimax', 'least-squares'];

/** The loss of that name. @throws UsageError for smoothing with a loss that has no targets */
export function adversarialLoss(
  name: (typeof LOSSES)[number],
  { labelSmoothing = 0 }: { labelSmoothing?: number } = {},
): AdversarialLoss {
  if (labelSmoothing > 0 && !SMOOTHED.includes(name))
    throw new UsageError(
      `labelSmoothing expected a loss with targets (${SMOOTHED.join(', ')}) but the loss is ${name}: leave one of the two`,
    );
  switch (name) {
    case 'non-saturating':
      return nonSaturating({ labelSmoothing });
    case 'minimax':
      return minimax({ labelSmoothing });
    case 'least-squares':
      return leastSquares({ labelSmoothing });
    case 'hinge':
      return hinge();
    case 'logistic':
      return logistic();
    case 'relativistic':
      return relativistic();
    case 'relativistic-average':
      return relativisticAverage();
  }
}

/** How D sees real images and fakes. */
export interface AdversarialOptions {
  readonly discriminator: OptimizerFactory;
  readonly generator: OptimizerFactory;
  /**
   * Passes both through D as one batch: faster, and the same where no layer looks across the batch, as batch norm does (false).
   */
  readonly oneBatch?: boolean;
  /** Changes every image that D sees, real and fake, in both phases, e.g. `diffAugment()`. */
  readonly augment?: (images: Tensor) => Tensor;
}

/**
 * The two phases of a GAN: D on real images and fakes, as separate batches unless told otherwise, then G against the moved D.
 * The log shows the mean probability D gives to each.
 */
export function adversarialPhases(
  loss: AdversarialLoss,
  { oneBatch = false, augment = (images) => images, ...optimizers }: AdversarialOptions,
): Phase[] {
  return [
    {
      name: 'D',
      trains: 'discriminator',
      optimizer: optimizers.discriminator,
      loss: ({ real, fake, networks: { discriminator }, log }) => {
        const [onReal, onFake] = oneBatch
          ? discriminator.forward(cat([augment(real), augment(fake)])).split(real.shape[0])
          : [discriminator.forward(augment(real)), discriminator.forward(augment(fake))];
        log('D(real)', onReal.sigmoid().mean());
        log('D(fake)', onFake.sigmoid().mean());
        return loss.discriminator(onReal, onFake);
      },
    },
    {
      name: 'G',
      trains: 'generator',
      optimizer: optimizers.generator,
      loss: (step) => {
        const { discriminator } = step.networks;
        const judge = (images: Tensor): Tensor => discriminator.forward(augment(images));
        return loss.generator(judge(step.fake), () => judge(step.real));
      },
    },
  ];
}
