import { numberBetween } from '../check';
import { UsageError } from '../errors';
import type { Tensor } from '../tensor/tensor';

/** A part of a {@link total}: a scalar, or null for one whose weight is 0. */
export type Term = Tensor | null;

/**
 * weight · term. A term that is given as a function is not even computed where the weight is 0, and the result then null:
 * penalties are expensive. Numbers in a sum read like the paper's:
 *
 * ```ts
 * total(
 *   loss.discriminator(onReal, onFake),
 *   weighted(10, () => gradientPenalty(critic, { real, fake })),
 *   weighted(0.001, drift(onReal)),
 * )
 * ```
 *
 * @throws UsageError for a weight that is not finite
 */
export function weighted(weight: number, term: Tensor): Tensor;
export function weighted(weight: number, term: () => Tensor): Term;
export function weighted(weight: number, term: Tensor | (() => Tensor)): Term {
  numberBetween('weighted', 'weight', weight);
  if (typeof term !== 'function') return term.mul(weight);
  return weight === 0 ? null : term().mul(weight);
}

/**
 * The sum of a loss's terms; null ones count nothing.
 *
 * @throws UsageError where no term is left
 */
export function total(...terms: readonly Term[]): Tensor {
  const [first, ...rest] = terms.filter((term) => term !== null);
  if (first === undefined)
    throw new UsageError('total expected at least one term of a loss but received none: is every weight 0?');
  return rest.reduce((sum, term) => sum.add(term), first);
}
