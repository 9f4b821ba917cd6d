import {
  type AdversarialLoss,
  hinge,
  leastSquares,
  logistic,
  minimax,
  nonSaturating,
} from '../losses/adversarial';
import { relativistic, relativisticAverage } from '../losses/relativistic';
import type { Tensor } from '../tensor/tensor';
import type { GameScore } from '../training/game';
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

/** Losses whose logits are those of probabilities. */
const OF_PROBABILITIES: readonly string[] = ['non-saturating', 'minimax', 'logistic'];

/** Whether D's logits are those of the probability that an image is real. Least squares have targets, hinge and pairs not even those. */
function hasProbabilities({ name = '' }: AdversarialLoss): boolean {
  return OF_PROBABILITIES.includes(name);
}

/** What the log shows of D's logits [N]: the mean probability of “real” where the loss has probabilities, else their mean. */
export function meanVerdict(loss: AdversarialLoss, logits: Tensor): Tensor {
  return (hasProbabilities(loss) ? logits.sigmoid() : logits).mean();
}

/**
 * How a game stands by what two phases log; nothing where the loss has no ends.
 *
 * @param options.logsVerdicts whether {@link meanVerdict} of real images and fakes is logged as `D(real)` and `D(fake)` (false)
 */
export function scoreOf(
  loss: AdversarialLoss,
  {
    discriminator = 'D',
    generator = 'G',
    logsVerdicts = false,
  }: { discriminator?: string; generator?: string; logsVerdicts?: boolean } = {},
): { readonly score?: GameScore } {
  const { ends } = loss;
  if (!ends) return {};
  const probabilities = { real: 'D(real)', fake: 'D(fake)' };
  const areLogged = logsVerdicts && hasProbabilities(loss);
  return { score: { discriminator, generator, ends, ...(areLogged && { probabilities }) } };
}
