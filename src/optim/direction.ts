import { native } from '../native/addon';
import { ops } from '../native/ops.generated';
import type { Handle, Handles } from '../native/types';
import type { Batch } from './bucket';
import type { Rates } from './optimizer';

/** Takes lists of tensors that a step makes on its way, and hands them back. */
export type Owned = (handles: Handle[]) => Handle[];

/** Runs a step of several operators: what it gives to `owned` is released at its end. */
export function releasing(body: (owned: Owned) => void): void {
  const temporary: Handle[] = [];
  try {
    body((handles) => {
      temporary.push(...handles);
      return handles;
    });
  } finally {
    native().release(temporary);
  }
}

/** The gradients g, or −g to ascend, with the pull of the parameters towards 0: g + weightDecay · θ. */
export function directionOf(
  { parameters, gradients }: Batch,
  { maximize, weightDecay }: Pick<Rates, 'weightDecay'> & { readonly maximize: boolean },
  owned: Owned,
): Handles {
  const uphill = maximize ? owned(ops._foreach_mul_Scalar(gradients, -1)) : gradients;
  return weightDecay === 0 ? uphill : owned(ops._foreach_add_List(uphill, parameters, weightDecay));
}

/** lr · way, by the same operators in the same order for a rate of the device and one of the host: a fused one would round elsewhere. */
export function scaledBy({ lr, lrTensor }: Rates, way: Handles, owned: Owned): Handle[] {
  const step = owned(ops._foreach_mul_Scalar(way, lrTensor ? 1 : lr));
  if (lrTensor) ops._foreach_mul__Tensor(step, lrTensor.handle);
  return step;
}
