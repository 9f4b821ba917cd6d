import { noGrad } from '../../tensor/autograd';
import { arange } from '../../tensor/create';
import type { Tensor } from '../../tensor/tensor';

/** Where the pixels of a result come from, in pixels of the source: 0 is the middle of the first. */
export interface Positions {
  /** [N, H · W] */
  readonly x: Tensor;
  /** [N, H · W] */
  readonly y: Tensor;
}

/**
 * Images [N, C, H, W] read at positions between the pixels, bilinearly; beyond the border they are mirrored at its pixels, as often
 * as it takes. Rows are picked and weighted: gradients of every order go through to the images, which LibTorch's grid_sampler
 * does not do.
 */
export function resampleAt(images: Tensor, { x, y }: Positions): Tensor {
  const [count, channels, height, width] = images.shape;
  const pixels = images.permute([0, 2, 3, 1]).reshape([-1, channels]);
  const [column, row] = noGrad(() => [x.floor(), y.floor()]);
  const picked = [0, 1].flatMap((down) =>
    [0, 1].map((right) => {
      const { index, weight } = noGrad(() => ({
        index: arange({ end: count }, { dtype: x.dtype, device: x.device })
          .mul(height)
          .unsqueeze(1)
          .add(mirrored(row.add(down), height))
          // As integers: float32 counts only the first 16 million pixels.
          .to({ dtype: 'int64' })
          .mul(width)
          .add(mirrored(column.add(right), width).to({ dtype: 'int64' }))
          .flatten(),
        weight: share(y.sub(row), down)
          .mul(share(x.sub(column), right))
          .reshape([-1, 1]),
      }));
      return pixels.indexSelect(0, index).mul(weight);
    }),
  );
  return picked
    .reduce((sum, corner) => sum.add(corner))
    .reshape([count, height, width, channels])
    .permute([0, 3, 1, 2]);
}

/** How much of a corner counts: `fraction` for the one behind, the rest for the one before. */
function share(fraction: Tensor, behind: number): Tensor {
  return behind === 1 ? fraction : fraction.rsub(1);
}

/** Whole positions mirrored into 0 … size − 1. */
function mirrored(position: Tensor, size: number): Tensor {
  const last = size - 1;
  if (last === 0) return position.mul(0);
  return position
    .remainder(2 * last)
    .sub(last)
    .abs()
    .rsub(last);
}
