import { type ImageSize, sizeText } from '../data/image-size';
import { UsageError } from '../errors';
import { pad } from '../tensor/functional';
import type { Tensor } from '../tensor/tensor';
import type { Reach } from './reach';

/** Pixels that are added to images on each side. */
export interface Border {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** The least height and width of images that networks take, once they are bordered. */
export function leastSide({ stride, least }: Reach): number {
  return Math.max(stride, least);
}

/**
 * What images lack to be of a size that networks take; null where nothing.
 *
 * @throws UsageError for images smaller than {@link leastSide}
 */
export function borderFor(reach: Reach, { height, width }: ImageSize): Border | null {
  const smallest = leastSide(reach);
  if (Math.min(height, width) < smallest)
    throw new UsageError(
      `this model expects images of at least ${smallest}×${smallest} pixels but received ${sizeText({ height, width })}: enlarge them first`,
    );
  const { stride } = reach;
  const [rows, columns] = [height, width].map((side) => Math.ceil(side / stride) * stride - side);
  if (rows + columns === 0) return null;
  const [left, top] = [columns, rows].map((extra) => Math.floor(extra / 2));
  return { left, right: columns - left, top, bottom: rows - top };
}

/** Images [N, C, H, W] with a border of their reflection. */
export function addBorder(images: Tensor, border: Border | null): Tensor {
  if (!border) return images;
  const { left, right, top, bottom } = border;
  return pad(images, [left, right, top, bottom], { mode: 'reflect' });
}

/** Images [N, C, H, W] without their border, of outputs that are `scale` times as large as what had it. */
export function cutBorder(images: Tensor, border: Border | null, scale = 1): Tensor {
  if (!border) return images;
  const { left, right, top, bottom } = enlarged(border, scale);
  const [, , height, width] = images.shape;
  return images
    .narrow(2, { start: top, length: height - top - bottom })
    .narrow(3, { start: left, length: width - left - right })
    .contiguous();
}

function enlarged({ left, right, top, bottom }: Border, scale: number): Border {
  return { left: left * scale, right: right * scale, top: top * scale, bottom: bottom * scale };
}
