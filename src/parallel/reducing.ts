import { UsageError } from '../errors';
import type { DType } from '../native/types';
import type { Tensor } from '../tensor/tensor';

/** A dtype that every engine reduces. */
export type Reducible = 'float32' | 'float64' | 'int64';

/** The one that each dtype is reduced in: what is low in precision is rounded once, at the end. */
export const REDUCED_IN: Readonly<Record<DType, Reducible>> = {
  float32: 'float32',
  float64: 'float64',
  float16: 'float32',
  bfloat16: 'float32',
  uint8: 'int64',
  int8: 'int64',
  int16: 'int64',
  int32: 'int64',
  int64: 'int64',
  bool: 'int64',
};

/** Refuses a mean of integers. @throws UsageError */
export function requireFloating(dtype: DType): void {
  if (REDUCED_IN[dtype] === 'int64')
    throw new UsageError(
      `allReduce expects tensors of floating dtype for a mean but received ${dtype}: take the sum`,
    );
}

/** Refuses what a sum with gradients does not take. @throws UsageError */
export function requireSummable({ dtype }: Tensor): void {
  if (dtype !== 'float32' && dtype !== 'float64')
    throw new UsageError(`sum expects a tensor of float32 or float64 but received ${dtype}`);
}

/** `1 tensor`, `2 tensors` */
export function countOf(tensors: readonly Tensor[]): string {
  return tensors.length === 1 ? '1 tensor' : `${tensors.length} tensors`;
}
