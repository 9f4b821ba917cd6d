import { linearPair } from '../tensor/functional';
import type { Tensor } from '../tensor/tensor';
import { Linear } from './linear';

/** What two dense layers make of one input: their gradients by it are one product. */
export function forwardPair(first: Linear, second: Linear, input: Tensor): [Tensor, Tensor] {
  const { bias } = first;
  const otherBias = second.bias;
  // An input that does not fit is refused in the name of the layer that it does not fit.
  const isJoinable = [first, second].every((layer) => isPlain(layer) && fits(input, layer));
  if (!isJoinable || !bias || !otherBias) return [first.forward(input), second.forward(input)];
  return linearPair(input, { weight: first.weight, bias }, { weight: second.weight, bias: otherBias });
}

function isPlain(layer: Linear): boolean {
  return layer.constructor === Linear && layer.hasForwardOfClass;
}

function fits(input: Tensor, { inFeatures }: Linear): boolean {
  return input.shape.at(-1) === inFeatures;
}
