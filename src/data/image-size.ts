import { UsageError } from '../errors';

/** Height and width in pixels. */
export interface ImageSize {
  readonly height: number;
  readonly width: number;
}

/** Height and width in pixels, or one number for both. */
export type Resolution = number | ImageSize;

/** A {@link Resolution} with both its sides. */
export function sizeOf(resolution: Resolution): ImageSize {
  return typeof resolution === 'number' ? { height: resolution, width: resolution } : resolution;
}

/** A size in words: `32×32`, height first. */
export function sizeText({ height, width }: ImageSize): string {
  return `${height}×${width}`;
}

/** The shape of images in words: `3×96×64`, as tensors have it. */
export function shapeText({ channels, ...size }: ImageSize & { readonly channels: number }): string {
  return `${channels}×${sizeText(size)}`;
}

/** A {@link Resolution} with both its sides. @throws UsageError unless they are integers from 4 to 4096 */
export function requireResolution(dataset: string, resolution: Resolution): ImageSize {
  const { height, width } = sizeOf(resolution);
  for (const side of [height, width])
    if (!Number.isInteger(side) || side < 4 || side > 4096)
      throw new UsageError(`${dataset}: resolution must be an integer from 4 to 4096, got ${side}`);
  return { height, width };
}

/** The side of square images, for data sets that have no others. @throws UsageError for another size */
export function requireSquare(dataset: string, resolution: Resolution): number {
  const { height, width } = requireResolution(dataset, resolution);
  if (height === width) return height;
  const side = Math.min(height, width);
  throw new UsageError(
    `${dataset} has square images, but ${height}x${width} was asked for: try --resolution ${side}, or a folder of images`,
  );
}
