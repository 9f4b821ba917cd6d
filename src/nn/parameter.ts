import { UsageError } from '../errors';
import { keep } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';

declare const mark: unique symbol;

/** A tensor that a module owns and an optimizer moves: kept out of scopes, and a leaf of autograd. */
export type Parameter = Tensor & { readonly [mark]: true };

const parameters = new WeakSet<object>();

/**
 * Makes `tensor` itself a parameter: no scope releases it any more, and it requires gradients. A module lists the
 * parameters that its own fields hold.
 *
 * @throws UsageError when an operator that autograd recorded made the tensor
 * @throws TorchError when its dtype is not a floating-point one
 */
export function parameter(tensor: Tensor): Parameter {
  if (!tensor.isLeaf)
    throw new UsageError(
      `parameter expects a leaf of autograd but received a result of ${tensor.origin}: detach() it first`,
    );
  tensor.requiresGrad = true;
  parameters.add(tensor);
  return keep(tensor) as Parameter;
}

/** Whether `value` was made by {@link parameter}. */
export function isParameter(value: unknown): value is Parameter {
  return typeof value === 'object' && value !== null && parameters.has(value);
}
