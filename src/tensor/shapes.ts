import { ops } from '../native/ops.generated';
import type { Tensor } from './tensor';
import { handlesOf, wrap } from './wrap';

/** Tensors joined along `dim` (0). */
export function cat(tensors: readonly Tensor[], dim = 0): Tensor {
  return wrap(ops.cat(handlesOf(tensors), dim), 'cat');
}

/** Tensors of one shape joined along a new dimension `dim` (0). */
export function stack(tensors: readonly Tensor[], dim = 0): Tensor {
  return wrap(ops.stack(handlesOf(tensors), dim), 'stack');
}
