import type { Tensor } from './tensor';

/**
 * Images laid out in memory as others, or as a convolution's weight, are: channels_last where those are. A layer that meets the other layout
 * copies what it is given, each for itself.
 */
export function lyingLike(images: Tensor, like: Tensor): Tensor {
  const last = like.isContiguous('channels_last') && !like.isContiguous();
  return last ? images.contiguous('channels_last') : images;
}
