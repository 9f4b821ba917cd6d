import type { Prng } from '../../data/prng';
import { arange, tensor } from '../../tensor/create';
import { pad } from '../../tensor/functional';
import { scope } from '../../tensor/scope';
import type { Tensor } from '../../tensor/tensor';

/**
 * Moves each of the square images [N, C, S, S] by its own whole number of pixels, at most `most` each way, drawn from `random`; border
 * pixels repeat outwards.
 */
export function shiftImages(
  images: Tensor,
  { most, random }: { readonly most: number; readonly random: Prng },
): Tensor {
  return scope(() => {
    const [count, channels, side] = images.shape;
    const { device } = images;
    const padded = side + 2 * most;
    const starts = () => {
      const drawn = Int32Array.from({ length: count }, () => random.below(2 * most + 1));
      return tensor(drawn, { dtype: 'int64', device });
    };
    const line = arange({ end: side }, { dtype: 'int64', device });
    const rows = starts().unsqueeze(1).add(line).mul(padded);
    const columns = starts().unsqueeze(1).add(line);
    const places = rows
      .unsqueeze(2)
      .add(columns.unsqueeze(1))
      .reshape([count, 1, side * side]);
    return pad(images, [most, most, most, most], { mode: 'replicate' })
      .reshape([count, channels, padded * padded])
      .gather(2, places.expand([count, channels, side * side]))
      .reshape(images.shape);
  });
}
