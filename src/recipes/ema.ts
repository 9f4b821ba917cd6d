import type { EmaOptions } from '../optim/ema';
import { integer } from './config';

/** `--set emaImages=…`, with a recipe's default. */
export function emaField(images: number) {
  return integer(images, { min: 0, help: 'half-life of the averaged weights in images, 0 for none' });
}

/** The averages of the generator's weights that the field asks for. */
export function emaOf({ emaImages }: { readonly emaImages: number }): EmaOptions | null {
  return emaImages > 0 ? { halfLifeImages: emaImages } : null;
}
