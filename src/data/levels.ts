import { native } from '../native/addon';
import { full } from '../tensor/create';
import { isCpu } from '../tensor/device';
import type { Tensor } from '../tensor/tensor';
import { optionalHandle, wrap } from '../tensor/wrap';

/**
 * Bytes of pixels, uint8 0 … 255, as float32 −1 … 1, with the same bits on every device: CUDA multiplies by the reciprocal where it is to divide by a number
 * of the host's, and divides by one of its own.
 *
 * @param rows which of the first dimension, in order: int32 or int64 (all)
 */
export function ofBytes(bytes: Tensor, rows?: Tensor): Tensor {
  if (isCpu(bytes.device)) return wrap(native().imagesOfBytes(bytes.handle, optionalHandle(rows)), 'ofBytes');
  const half = full([], 127.5, { device: bytes.device });
  return (rows ? bytes.indexSelect(0, rows) : bytes).div(half).sub_(1);
}

/** Images as a picture file would keep them: −1 … 1 in 256 levels, as pytorch-fid and others see them. */
export function quantise(images: Tensor): Tensor {
  return images.add(1).mul(127.5).round().clamp({ min: 0, max: 255 }).div(127.5).sub(1);
}
