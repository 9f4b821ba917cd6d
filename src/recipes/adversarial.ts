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
import { type Term, total } from '../losses/total';
import type { OptimizerFactory } from '../optim/optimizer';
import { cat } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';
import type { Phase, Step } from '../training/phase';

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

/** How the two networks are trained. */
export interface AdversarialOptions extends Pick<Phase, 'repeat' | 'before'> {
  readonly discriminator: OptimizerFactory;
  readonly generator: OptimizerFactory;
  /**
   * Passes real images and fakes through D as one batch: faster, and the same where no layer looks across the batch, as batch norm does
   * (false).
   */
  readonly oneBatch?: boolean;
  /** Changes every image that D sees, real and fake, in both phases, e.g. `diffAugment()`; penalties see them as they are. */
  readonly augment?: (images: Tensor) => Tensor;
  /** Added to D's loss. */
  readonly penalty?: (step: Step) => Term;
  /** The log shows D's mean logits instead of probabilities: for a critic (false). */
  readonly scores?: boolean;
}

/**
 * The two phases of a GAN: D on real images and fakes, as separate batches unless told otherwise, then G against the moved D.
 * `repeat` and `before` are D's. The log shows the mean probability D gives to each kind.
 */
export function adversarialPhases(
  loss: AdversarialLoss,
  {
    oneBatch = false,
    augment = (images) => images,
    scores = false,
    repeat,
    before,
    penalty,
    ...optimizers
  }: AdversarialOptions,
): Phase[] {
  const shown = (logits: Tensor): Tensor => (scores ? logits : logits.sigmoid()).mean();
  return [
    {
      name: 'D',
      trains: 'discriminator',
      optimizer: optimizers.discriminator,
      repeat,
      before,
      loss: (step) => {
        const { real, fake, log } = step;
        const { discriminator } = step.networks;
        const [onReal, onFake] = oneBatch
          ? discriminator.forward(cat([augment(real), augment(fake)])).split(real.shape[0])
          : [discriminator.forward(augment(real)), discriminator.forward(augment(fake))];
        log('D(real)', shown(onReal));
        log('D(fake)', shown(onFake));
        return total(loss.discriminator(onReal, onFake), penalty?.(step) ?? null);
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
