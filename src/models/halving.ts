import type { ImageSize } from '../data/image-size';

/** How often a size can be halved, until a side is odd or 4, and what it then is: 28×28 → 14×14 → 7×7. */
export function halvings(size: ImageSize): { readonly count: number; readonly smallest: ImageSize } {
  let { height, width } = size;
  let count = 0;
  while (Math.min(height, width) > 4 && height % 2 === 0 && width % 2 === 0) {
    height /= 2;
    width /= 2;
    count++;
  }
  return { count, smallest: { height, width } };
}

/** The side of square images, for networks that make no others; null for another size. */
export function squareSide({ height, width }: ImageSize): number | null {
  return height === width ? height : null;
}
