import type { ImageSize } from '../data/image-size';
import { integer } from './config';

/** What `--set` reaches of the residual networks, by default of a size for a processor. */
export const residualFields = {
  latentSize: integer(128, { min: 1, help: 'normal numbers in a latent' }),
  width: integer(16, {
    min: 1,
    help: 'channels of G at the images’ side (the paper’s: 256 at 32 pixels, else 64)',
  }),
  discriminatorWidth: integer(16, {
    min: 1,
    help: 'channels of D there (the paper’s: 128 at 32 pixels, else 64)',
  }),
  growth: integer(8, {
    min: 1,
    help: 'channels double inwards, up to so many widths (the paper’s: 1 at 32 pixels, else 16)',
  }),
};

/** The papers' widths for images of a size (Miyato et al. 2018, tables 4 and 5). */
export function paperWidths({ height }: ImageSize) {
  return height === 32
    ? { width: 256, discriminatorWidth: 128, growth: 1 }
    : { width: 64, discriminatorWidth: 64, growth: 16 };
}
