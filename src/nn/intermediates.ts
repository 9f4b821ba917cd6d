import { releaseEarly, scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';

let releasing = false;

/**
 * Runs `body` so that sequences of layers give back what one layer made once the next has taken it in, not when the scope around them
 * closes: for forward passes without gradients. In a network of many layers that is most of its memory.
 */
export function releasingIntermediates<T>(body: () => T): T {
  const before = releasing;
  releasing = true;
  try {
    return body();
  } finally {
    releasing = before;
  }
}

/** A layer's step in a sequence: what `forward` makes of `input`, which only this layer needs unless it is `given` to the whole sequence. */
export function step(input: Tensor, given: Tensor, forward: (input: Tensor) => Tensor): Tensor {
  if (!releasing) return forward(input);
  const output = scope(() => forward(input));
  if (input !== given && input !== output) releaseEarly(input);
  return output;
}
