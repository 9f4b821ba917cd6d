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

/** The papers' settings for images of a size, widths among them (Miyato et al. 2018; Miyato and Koyama 2018). */
export function residualPaper({ height }: ImageSize) {
  const widths =
    height === 32
      ? { width: 256, discriminatorWidth: 128, growth: 1 }
      : { width: 64, discriminatorWidth: 64, growth: 16 };
  return {
    ...widths,
    latentSize: 128,
    critic: 5,
    lr: 2e-4,
    beta1: 0,
    beta2: 0.9,
    loss: 'hinge' as const,
    emaImages: 0,
  };
}
