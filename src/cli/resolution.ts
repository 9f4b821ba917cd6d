import { type ImageSize, sizeOf } from '../data/image-size';
import type { Field } from '../recipes/config';

/** Height and width as a flag or a file says them: one number for both, or `96x64`, height first. */
export type ResolutionSetting = number | string;

const LARGEST = 4096;

/** The field of `--resolution`. */
export function resolutionField(
  value: number,
  { help = '' }: { readonly help?: string } = {},
): Field<ResolutionSetting> {
  return {
    default: value,
    help,
    expected: `a whole number from 1 to ${LARGEST}, or height and width as 96x64`,
    // Equal sides are one number, so that settings can be compared.
    fromText: (text) => {
      const [height, width = height, ...rest] = text
        .split('x')
        .map((side) => (/^\d+$/.test(side) ? Number(side) : Number.NaN));
      if (rest.length > 0 || Number.isNaN(height + width)) return text;
      return height === width ? height : `${height}x${width}`;
    },
    accepts: (candidate): candidate is ResolutionSetting => {
      const sides = typeof candidate === 'number' ? [candidate] : sidesOf(candidate);
      return sides.every((side) => Number.isInteger(side) && side >= 1 && side <= LARGEST);
    },
  };
}

/** The size that a setting means. */
export function resolutionOf(setting: ResolutionSetting): ImageSize {
  if (typeof setting === 'number') return sizeOf(setting);
  const [height, width] = sidesOf(setting);
  return { height, width };
}

function sidesOf(value: unknown): readonly number[] {
  const found = typeof value === 'string' ? /^(\d+)x(\d+)$/.exec(value) : null;
  return found ? [Number(found[1]), Number(found[2])] : [Number.NaN];
}
