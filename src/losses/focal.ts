import type { Tensor } from '../tensor/tensor';
import { binaryCrossEntropyWithLogits } from './reconstruction';

/** 1 − p, at least. */
const LEAST = 1e-12;

/**
 * The focal loss of logits x and targets y of 0 and 1 (Lin et al. 2017), the mean over all elements of (1 − p)^γ · −ln p, p the probability that x gives
 * to y: what is told right already weighs little, so that rare elements are not drowned by the many others.
 *
 * @param options.gamma γ, 0 for the cross-entropy
 * @throws TorchError for shapes that do not fit
 */
export function focal(
  logits: Tensor,
  target: Tensor,
  { gamma = 2 }: { readonly gamma?: number } = {},
): Tensor {
  const nll = binaryCrossEntropyWithLogits(logits, target, { reduction: 'none' });
  // Of 0 a power below 1 has no gradient.
  return nll.neg().exp().rsub(1).clamp({ min: LEAST }).pow(gamma).mul(nll).mean();
}
