import { type Picture } from '../io/png';
import { sampleGrid } from '../report/grid';
import type { Tensor } from '../tensor/tensor';

/** Images [N, C, H, W] in [−1, 1] in rows of `columns`. */
export interface Grid {
  readonly images: Tensor;
  /** Images a row (as square as it goes). */
  readonly columns?: number;
}

/**
 * A grid as a picture. What is not finite is black or white in it: no training should end by a picture, and its losses tell what is wrong.
 *
 * @throws RangeError unless its images are float32
 */
export function drawGrid({ images, columns }: Grid): Picture {
  const values = images.toTypedArray();
  if (!(values instanceof Float32Array))
    throw new RangeError(`drawGrid expected float32 images but received ${images.dtype}`);
  return sampleGrid({ values, shape: images.shape }, { columns, nonFinite: 'clamp' });
}
