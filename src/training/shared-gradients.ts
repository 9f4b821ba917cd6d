import { native } from '../native/addon';
import type { ProcessGroup } from '../parallel/group';
import { noGrad } from '../tensor/autograd';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import { handlesOf, wrapAll } from '../tensor/wrap';

/** What a phase has found on its share of a batch. */
export interface Found {
  /** Those that it trains. */
  readonly parameters: readonly Tensor[];
  /** float64 [] */
  readonly loss: Tensor;
}

/**
 * Replaces the gradients of a phase, and its loss, by their means over all members of a group: those of the whole batch, where losses are means
 * over images. A NaN or an infinity of one is then one of all, so that all judge their update alike.
 */
export function averageGradients(group: ProcessGroup, { parameters, loss }: Found): void {
  noGrad(() =>
    scope(() => {
      const gradients = native().gradients(handlesOf(parameters));
      const held = wrapAll(
        gradients.filter((handle) => handle !== 0),
        'averageGradients',
      );
      group.allReduce([...held, loss], 'mean');
    }),
  );
}
