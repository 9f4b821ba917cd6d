import { HAZARDS } from '../losses/lint';
import { augment } from './augmentation';
import { integer, number, text } from './config';

const NAME = `(${HAZARDS.join('|')})`;

/** `--set allow=…`: which combinations that are known to fail the user wants all the same. */
export const allow = text('none', {
  help: 'combinations known to fail that are wanted all the same',
  pattern: new RegExp(`^(none|${NAME}(,${NAME})*)$`),
  expected: `none, or some of ${HAZARDS.join(', ')}, with commas between`,
});

/** `--set emaImages=…`, with a recipe's default. */
export function emaField(images: number) {
  return integer(images, { min: 0, help: 'half-life of the averaged weights in images, 0 for none' });
}

/** What `--set` reaches of every GAN by `gan`, with a recipe's half-life of averaged weights. */
export function ganFields({ emaImages = 5_000 }: { readonly emaImages?: number } = {}) {
  return {
    augment,
    historical: number(0, {
      min: 0,
      help: 'λ, holds both networks near the mean of what they were, 0 for none',
    }),
    emaImages: emaField(emaImages),
    allow,
  };
}
