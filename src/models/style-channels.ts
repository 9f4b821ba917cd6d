import { positiveInteger } from '../check';
import type { ImageShape } from '../data/dataset';
import type { ImageSize } from '../data/image-size';
import { squareSide } from './halving';

/** The images that StyleGAN2's networks make. */
export const STYLE_RESOLUTIONS: readonly number[] = [32, 64, 128, 256, 512];

/** Whether the networks can make images of this size: one of {@link STYLE_RESOLUTIONS}, square. */
export function styleAccepts(size: ImageSize): boolean {
  return STYLE_RESOLUTIONS.includes(squareSide(size) ?? 0);
}

/** Sizes that both networks have. */
export interface StyleChannels {
  /** The images to make, and to judge. */
  readonly images: ImageShape;
  /** Channels at the images' size; each halving doubles them. */
  readonly width: number;
  /** The most channels that maps have. */
  readonly maxWidth: number;
}

/** Maps of one size. */
export interface StyleStage {
  readonly side: number;
  readonly channels: number;
}

/** The maps of the networks, from 4 × 4 to the images' size. @throws UsageError for widths that are not positive integers */
export function styleStages({ images, width, maxWidth }: StyleChannels): readonly StyleStage[] {
  positiveInteger('StyleGAN2 networks', 'width', width);
  positiveInteger('StyleGAN2 networks', 'maxWidth', maxWidth);
  const { height } = images;
  return Array.from({ length: Math.log2(height) - 1 }, (_, i) => {
    const side = 4 * 2 ** i;
    return { side, channels: Math.min(maxWidth, (width * height) / side) };
  });
}
