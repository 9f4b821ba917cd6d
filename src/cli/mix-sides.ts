import { UsageError } from '../errors';
import type { LayerRange } from '../style/mix';
import type { MixedImages } from '../training/style-paths';

/** Images of one side of a mixing grid, at most: a grid of more cannot be looked at. */
const MOST = 64;

/** What `--mix` says of its rows and columns. */
export interface MixSides {
  readonly rows: MixedImages;
  readonly columns: MixedImages;
}

/**
 * Reads `--mix ROWS:COLUMNS`. A number is how many, drawn by `--seed`; a list (`3,8`) or a range (`1-4`) names seeds, and `7-7` is one of them.
 *
 * @throws UsageError for sides that are none of these, of no images, or of more than 64
 */
export function readMix(text: string): MixSides {
  const sides = text.split(':').map(readSide);
  const [rows, columns] = sides;
  if (sides.length === 2 && rows && columns) return { rows, columns };
  throw new UsageError(
    `--mix expects ROWS:COLUMNS, each how many (4:6), or seeds as a list or a range (1,5:10-15), at most ${MOST} of them, but got ${JSON.stringify(text)}`,
  );
}

/** Reads layers `A-B`, counted from 1. @param layers how many there are (any) @throws UsageError naming the flag */
export function readLayers(
  flag: string,
  text: string | undefined,
  layers = Number.POSITIVE_INFINITY,
): LayerRange | undefined {
  if (text === undefined) return undefined;
  const [first, last = first] = text.split('-').map(Number);
  if (/^\d{1,4}(-\d{1,4})?$/.test(text) && first >= 1 && first <= last && last <= layers)
    return { first, last };
  const upTo = Number.isFinite(layers) ? ` to ${layers}, those of this model` : '';
  throw new UsageError(`${flag} expects layers A-B, counted from 1${upTo}, but got ${JSON.stringify(text)}`);
}

function readSide(text: string): MixedImages | null {
  if (/^\d{1,4}$/.test(text)) {
    const count = Number(text);
    return count >= 1 && count <= MOST ? { count } : null;
  }
  const seeds = text.split(',').flatMap(readSeeds);
  const bad = seeds.length > MOST || seeds.some((seed) => seed === null);
  return bad ? null : { seeds: seeds.filter((seed) => seed !== null) };
}

/** `7`, or `1-4`; what is neither is null. */
function readSeeds(text: string): (number | null)[] {
  const found = /^(\d{1,15})(?:-(\d{1,15}))?$/.exec(text);
  if (!found) return [null];
  const first = Number(found[1]);
  const length = found[2] === undefined ? 1 : Number(found[2]) - first + 1;
  if (length < 1 || length > MOST) return [null];
  return Array.from({ length }, (_, i) => first + i);
}
