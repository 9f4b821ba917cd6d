import { oneOf } from '../check';
import { TorchError } from '../native/torch-error';
import type { Tensor } from '../tensor/tensor';

/** How losses that are sums over an image become one number, or stay one an image. */
export interface PerImageOptions {
  /** The mean over the images, or each image's own [N] (`mean`). */
  readonly reduction?: 'mean' | 'none';
}

/** The sum over everything but the batch: [N, …] → [N]. */
export function perImage(each: Tensor): Tensor {
  const dims = each.shape.slice(1).map((_, i) => i + 1);
  return dims.length === 0 ? each : each.sum(dims);
}

/** Sums of images [N] as one number, unless they are asked for. @throws UsageError for an unknown reduction */
export function reduced(owner: string, sums: Tensor, { reduction = 'mean' }: PerImageOptions): Tensor {
  return oneOf(owner, 'reduction', reduction, ['mean', 'none']) === 'mean' ? sums.mean() : sums;
}

/** Checks that two tensors have one shape: broadcasting would silently compare other pairs. @throws TorchError */
export function sameShape(owner: string, tensors: Readonly<Record<string, Tensor>>): void {
  const [first, ...rest] = Object.values(tensors).map(({ shape }) => shape);
  if (rest.every((shape) => shape.length === first.length && shape.every((size, i) => size === first[i])))
    return;
  const shapes = [first, ...rest].map((shape) => `[${shape.join(', ')}]`);
  throw new TorchError(
    `expected ${Object.keys(tensors).join(' and ')} of one shape but received ${shapes.join(' and ')}`,
    'ERR_SHAPE',
    owner,
  );
}
