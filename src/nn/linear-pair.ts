import { isListening } from '../native/listen';
import { linearPair } from '../tensor/functional';
import type { Tensor } from '../tensor/tensor';
import { Linear } from './linear';

/** What two dense layers make of one input: their gradients by it are one product. */
export function forwardPair(first: Linear, second: Linear, input: Tensor): [Tensor, Tensor] {
  const { bias } = first;
  const otherBias = second.bias;
  // Who listens takes operators of LibTorch, and classes of users' own have a forward pass of their own.
  const isPlain = first.constructor === Linear && second.constructor === Linear && !isListening();
  if (!isPlain || !bias || !otherBias) return [first.forward(input), second.forward(input)];
  return linearPair(input, { weight: first.weight, bias }, { weight: second.weight, bias: otherBias });
}
