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
import type { Augmentation } from './augmentation';
import { choice, number } from './config';

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

/** The fields of a recipe whose loss can be chosen, with the one it has by default. */
export function lossFields(loss: (typeof LOSSES)[number]) {
  return {
    loss: choice(loss, LOSSES, { help: 'the adversarial loss' }),
    labelSmoothing: number(0, { min: 0, max: 0.5, help: 'lowers the target of real images in D' }),
  };
}

/** The loss of that name. One without targets remembers the smoothing all the same: `gan` refuses it by name. */
export function adversarialLoss(
  name: (typeof LOSSES)[number],
  { labelSmoothing = 0 }: { labelSmoothing?: number } = {},
): AdversarialLoss {
  switch (name) {
    case 'non-saturating':
      return nonSaturating({ labelSmoothing });
    case 'minimax':
      return minimax({ labelSmoothing });
    case 'least-squares':
      return leastSquares({ labelSmoothing });
    case 'hinge':
      return { ...hinge(), labelSmoothing };
    case 'logistic':
      return { ...logistic(), labelSmoothing };
    case 'relativistic':
      return { ...relativistic(), labelSmoothing };
    case 'relativistic-average':
      return { ...relativisticAverage(), labelSmoothing };
  }
}

/** How the two networks are trained. */
export interface AdversarialOptions
  extends Pick<Phase, 'repeat' | 'before'>,
    Partial<Pick<Augmentation, 'augment' | 'observe'>> {
  /** What is added to a network's loss; null for nothing. */
  readonly anchor?: (network: 'discriminator' | 'generator') => Term;
  readonly discriminator: OptimizerFactory;
  readonly generator: OptimizerFactory;
  /** D is told the class of each image, too: `forward(images, labels)` (false). */
  readonly conditional?: boolean;
  /**
   * Passes real images and fakes through D as one batch: faster, and the same where no layer looks across the batch, as batch norm does
   * (false; never where D is told classes).
   */
  readonly oneBatch?: boolean;
  /** Added to D's loss. The critic is D as it sees images, augmented: gradients are those at the images as they are. */
  readonly penalty?: (step: Step, critic: (images: Tensor) => Tensor) => Term;
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
    conditional = false,
    oneBatch = false,
    augment = (images) => images,
    observe,
    anchor = () => null,
    scores = false,
    repeat,
    before,
    penalty,
    ...optimizers
  }: AdversarialOptions,
): Phase[] {
  const shown = (logits: Tensor): Tensor => (scores ? logits : logits.sigmoid()).mean();
  const judge = ({ networks: { discriminator } }: Step, images: Tensor, labels: () => Tensor): Tensor =>
    conditional ? discriminator.forward(augment(images), labels()) : discriminator.forward(augment(images));
  const onReal = (step: Step): Tensor => judge(step, step.batch.images, () => step.batch.labels);
  const onFake = (step: Step): Tensor => judge(step, step.made.fake, () => step.latentLabels);
  const onBoth = (step: Step): Tensor[] => {
    // Fakes first, whose random numbers come before those of D.
    const { fake } = step.made;
    if (!oneBatch || conditional) return [onReal(step), onFake(step)];
    const { images } = step.batch;
    return step.networks.discriminator.forward(cat([augment(images), augment(fake)])).split(images.shape[0]);
  };
  return [
    {
      name: 'D',
      trains: 'discriminator',
      optimizer: optimizers.discriminator,
      repeat,
      before,
      loss: (step) => {
        const [real, fake] = onBoth(step);
        observe?.(real, fake);
        step.log('D(real)', shown(real));
        step.log('D(fake)', shown(fake));
        const critic = (images: Tensor) => step.networks.discriminator.forward(augment(images));
        return total(
          loss.discriminator(real, fake),
          penalty?.(step, critic) ?? null,
          anchor('discriminator'),
        );
      },
    },
    {
      name: 'G',
      trains: 'generator',
      optimizer: optimizers.generator,
      loss: (step) =>
        total(
          loss.generator(onFake(step), () => onReal(step)),
          anchor('generator'),
        ),
    },
  ];
}
