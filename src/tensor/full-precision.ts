import type { DType } from '../native/types';
import type { Tensor } from './tensor';

/** Whether a tensor is of the short floating-point numbers that autocast computes in. */
export function isShort({ dtype }: Tensor): boolean {
  return dtype === 'bfloat16' || dtype === 'float16';
}

/** In float32, where autocast made it shorter; else the tensor itself. */
export function inFull(tensor: Tensor): Tensor {
  return isShort(tensor) ? tensor.float() : tensor;
}

/** Whether tensors of this dtype hold floating-point numbers. */
export function isFloating(dtype: DType): boolean {
  return dtype.includes('float');
}
