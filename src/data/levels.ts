import { full } from '../tensor/create';
import { isCpu } from '../tensor/device';
import type { Tensor } from '../tensor/tensor';

/**
 * Bytes of pixels, uint8 0 … 255, as float32 −1 … 1, with the same bits on every device: CUDA multiplies by the reciprocal where it is to divide by a number
 * of the host's, and divides by one of its own.
 */
export function ofBytes(bytes: Tensor): Tensor {
  const half = isCpu(bytes.device) ? 127.5 : full([], 127.5, { device: bytes.device });
  return bytes.div(half).sub_(1);
}

/** Images as a picture file would keep them: −1 … 1 in 256 levels, as pytorch-fid and others see them. */
export function quantise(images: Tensor): Tensor {
  return images.add(1).mul(127.5).round().clamp({ min: 0, max: 255 }).div(127.5).sub(1);
}
