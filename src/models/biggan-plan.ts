import { type ImageSize, sizeText } from '../data/image-size';
import { UsageError } from '../errors';
import { squareSide } from './halving';

/** Channels of the feature maps, in widths, and how often the discriminator's usual blocks halve the image. */
export interface BigGanPlan {
  /** From 4 × 4 pixels to the images' size. */
  readonly generator: readonly number[];
  /** From the images' size inwards. */
  readonly discriminator: readonly number[];
  readonly halvings: number;
}

/** Tables 4 to 9 of the paper for 128 and 256 pixels; what goes with them for 64; the tower of SNGAN for 32. */
const PLANS: ReadonlyMap<number, BigGanPlan> = new Map([
  [32, { generator: [4, 4, 4, 4], discriminator: [4, 4, 4, 4], halvings: 2 }],
  [64, { generator: [16, 16, 8, 4, 2], discriminator: [1, 2, 4, 8, 16], halvings: 4 }],
  [128, { generator: [16, 16, 8, 4, 2, 1], discriminator: [1, 2, 4, 8, 16, 16], halvings: 5 }],
  [256, { generator: [16, 16, 8, 8, 4, 2, 1], discriminator: [1, 2, 4, 8, 8, 16, 16], halvings: 6 }],
]);

/** What {@link bigganAccepts} takes, in words. */
export const BIGGAN_SIZES = `${[...PLANS.keys()].slice(0, -1).join(', ')} or ${[...PLANS.keys()].at(-1)}, square`;

/** Whether there is a plan for images of this size: square, of 32, 64, 128 or 256. */
export function bigganAccepts(size: ImageSize): boolean {
  return PLANS.has(squareSide(size) ?? 0);
}

/** @throws UsageError for a size without a plan, with those there are */
export function planOf(size: ImageSize): BigGanPlan {
  const plan = PLANS.get(squareSide(size) ?? 0);
  if (plan) return plan;
  throw new UsageError(
    `a BigGAN expects square images of ${[...PLANS.keys()].join(', ')} pixels but received ${sizeText(size)}`,
  );
}

/** The feature map that gets self-attention where nobody says which: of 64 pixels, or half the images' height where that is less. */
export function usualAttention({ height }: ImageSize): number {
  return Math.min(64, height / 2);
}

/** How many parts a latent has where it is taken in parts: one for the first map, and one for each block. */
export function chunkCount(size: ImageSize): number {
  return planOf(size).generator.length;
}

/**
 * Lengths of the parts of a latent, as equal as they can be, longer ones first.
 *
 * @throws UsageError for fewer numbers than parts
 */
export function chunksOf(latentSize: number, count: number): number[] {
  if (latentSize < count)
    throw new UsageError(
      `a latent in ${count} parts, one for each block and one before them, expects latentSize to be at least ${count} but it is ${latentSize}`,
    );
  return Array.from({ length: count }, (_, i) => Math.floor((latentSize + count - 1 - i) / count));
}
