import { argumentError, positiveInteger } from '../check';
import { noGrad } from '../tensor/autograd';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import { requireFeatures } from './feature-set';
import { deviationOf, meanOf } from './statistics';

/** An Inception Score: mean and standard deviation over the splits. */
export interface InceptionScore {
  readonly mean: number;
  readonly std: number;
}

/**
 * The Inception Score (Salimans et al. 2016) of images from their logits [N, k]: exp(E_x KL(p(y|x) ‖ p(y))), p(y|x) the softmax
 * of a row and p(y) their mean, between 1 and k. The mean and standard deviation of `splits` consecutive parts of the images,
 * in float64.
 *
 * It falls with the images a split: compare figures of equal counts only.
 *
 * @throws UsageError for fewer images than splits, or fewer than two classes
 * @throws GanError `ERR_BAD_FEATURES` for NaN or infinity, naming the row
 */
export function inceptionScore(
  logits: Tensor,
  { splits = 10 }: { readonly splits?: number } = {},
): InceptionScore {
  positiveInteger('inceptionScore', 'splits', splits);
  requireFeatures('inceptionScore', logits, { atLeast: splits });
  const [count, classes] = logits.shape;
  if (classes < 2) throw argumentError('inceptionScore', 'logits of at least two classes', [count, classes]);
  const bounds = Array.from({ length: splits + 1 }, (_, index) => Math.floor((index * count) / splits));
  const scores = bounds
    .slice(1)
    .map((end, index) => noGrad(() => scope(() => scoreOf(logits.slice(0, { start: bounds[index], end })))));
  return { mean: meanOf(scores), std: deviationOf(scores) };
}

function scoreOf(logits: Tensor): number {
  const logProbabilities = logits.double().logSoftmax(1);
  const probabilities = logProbabilities.exp();
  const each = probabilities.mul(logProbabilities).sum(1).mean().item();
  const marginal = probabilities.mean(0);
  // A class without any probability adds 0, not 0 · ln 0.
  const all = marginal
    .mul(marginal.clamp({ min: 1e-300 }).log())
    .sum()
    .item();
  return Math.exp(each - all);
}
