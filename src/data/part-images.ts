import type { Tensor } from '../tensor/tensor';
import type { ImageSpec } from './image-spec';

/** Images of a data set under one of the names in its batches, each the same whenever it is asked for: kept as pixels, or made of such. */
export interface PartImages {
  readonly name: string;
  readonly spec: ImageSpec;
  /** Number of images. */
  readonly count: number;
  /** Class of every image, or null where there are no labels. */
  readonly labels: Int32Array | null;
  readonly classNames: readonly string[];
  /** In lower-case hexadecimal: equal for equal images in one order, whatever their name. Those kept as pixels are read for it. */
  sha256(): Promise<string>;
  /**
   * Reads what the images at `indices` need; the function makes them on a device, float32 [indices.length, C, H, W] with black at −1 and
   * white at 1, in the caller's scope.
   */
  fetch(indices: Int32Array, device: string): Promise<() => Tensor>;
}
