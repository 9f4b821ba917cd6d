import type { ImageShape } from './image-spec';

/**
 * How an image is brought to another shape: `crop` covers it and cuts the middle out, `pad` fits the whole image in, with a margin that
 * is white, or transparent where there is alpha, and `stretch` changes its proportions.
 */
export type Fit = 'crop' | 'pad' | 'stretch';

/** What images are decoded to. */
export interface DecodedForm extends ImageShape {
  readonly fit: Fit;
}
