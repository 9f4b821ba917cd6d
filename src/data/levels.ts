import type { Tensor } from '../tensor/tensor';

/** Images as a picture file would keep them: −1 … 1 in 256 levels, as pytorch-fid and others see them. */
export function quantise(images: Tensor): Tensor {
  return images.add(1).mul(127.5).round().clamp({ min: 0, max: 255 }).div(127.5).sub(1);
}
