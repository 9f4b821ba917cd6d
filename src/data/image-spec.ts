import type { ImageSize } from './image-size';

/** The shape of images. */
export interface ImageShape extends ImageSize {
  /** 1 = grey, 2 = grey and alpha, 3 = RGB, 4 = RGBA. */
  readonly channels: number;
}

/** Whether images of so many channels have alpha, the last of them: 2 are grey and alpha, 4 RGBA. */
export function hasAlpha(channels: number): boolean {
  return channels === 2 || channels === 4;
}

/** The images of a data set, which networks are built for. */
export interface ImageSpec extends ImageShape {
  /** Number of classes; 0 = unlabelled. */
  readonly classes: number;
}

/** The images of a data set, by the names they have in batches: `images`, or `a` and `b`. */
export type DataSpecs = Readonly<Record<string, ImageSpec>>;
