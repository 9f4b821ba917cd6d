import { native } from '../native/addon';
import type { Handle } from '../native/types';
import type { BatchNormOptions } from '../tensor/functional';
import type { Tensor } from '../tensor/tensor';
import { optionalHandle, wrap } from '../tensor/wrap';

/** Batch norm in training over the batches of the `size` members of a group of the addon. */
export function nativeBatchNorm(
  group: Handle,
  size: number,
  { input, options }: { readonly input: Tensor; readonly options: BatchNormOptions },
): Tensor {
  const { weight, bias, runningMean, runningVar, momentum = 0.1, eps = 1e-5 } = options;
  const handle = native().groupBatchNorm(
    group,
    size,
    input.handle,
    optionalHandle(weight),
    optionalHandle(bias),
    optionalHandle(runningMean),
    optionalHandle(runningVar),
    momentum,
    eps,
  );
  return wrap(handle, 'batchNorm');
}
