import type { ImageSize } from './image-size';

/** The shape of images. */
export interface ImageShape extends ImageSize {
  /** 1 = grey, 2 = grey and alpha, 3 = RGB, 4 = RGBA. */
  readonly channels: number;
}

/** The images of a data set, which networks are built for. */
export interface ImageSpec extends ImageShape {
  /** Number of classes; 0 = unlabelled. */
  readonly classes: number;
}

/** The images of a data set, by the names they have in batches: `images`, or `a` and `b`. */
export type DataSpecs = Readonly<Record<string, ImageSpec>>;
