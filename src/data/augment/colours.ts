import { cat } from '../../tensor/shapes';
import type { Tensor } from '../../tensor/tensor';
import { hasAlpha } from '../image-spec';

/** Images [N, C, H, W] whose colours were changed; alpha, where they have it, stays as it is. */
export function onColours(images: Tensor, change: (colours: Tensor) => Tensor): Tensor {
  const [, channels] = images.shape;
  if (!hasAlpha(channels)) return change(images);
  const last = channels - 1;
  const colours = change(images.narrow(1, { start: 0, length: last }));
  return cat([colours, images.narrow(1, { start: last, length: 1 })], 1);
}
