import { decodeWhole, loadSharp } from '../data/decode-image';
import { sizeText } from '../data/image-size';
import { UsageError } from '../errors';
import { writePng } from '../io/png';
import { type Detection, detection } from '../metrics/detection';
import { sampleGrid } from '../report/grid';
import { tensor } from '../tensor/create';
import { interpolate, pad } from '../tensor/functional';
import { scope } from '../tensor/scope';
import { cat } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';
import type { ScoreInput } from './score-images';
import { writeResult } from './write-result';

/** A map at the size of its image: values from 0 on, row by row. */
export type WholeMap = Float32Array;

/** A map [1, 1, h, w] of what a model was shown, at the place and size that it has in the image; 0 where the model saw nothing. */
export function wholeMap(
  map: Tensor,
  { own, frame: { seen, shown } }: Pick<ScoreInput, 'own' | 'frame'>,
): WholeMap {
  const values = scope(() => {
    const kept = map
      .narrow(2, { start: shown.top, length: shown.height })
      .narrow(3, { start: shown.left, length: shown.width });
    const size: [number, number] = [seen.height, seen.width];
    const resized = interpolate(kept, { size, mode: 'bilinear', antialias: true });
    const [right, bottom] = [own.width - seen.left - seen.width, own.height - seen.top - seen.height];
    return pad(resized, [seen.left, right, seen.top, bottom]).contiguous().to('cpu').toTypedArray();
  });
  if (values instanceof Float32Array) return values;
  throw new RangeError('expected a map of float32');
}

/** The largest error there is: from black to white. */
const MOST = 2;

/** Writes a map as a picture: black where nothing is unusual, over red and yellow to white. */
export async function writeMap(path: string, map: WholeMap, { own }: Pick<ScoreInput, 'own'>): Promise<void> {
  const { height, width } = own;
  const values = scope(() => {
    const heat = tensor(map, { shape: [1, 1, height, width] }).mul(3 / MOST);
    const colours = cat(
      [0, 1, 2].map((start) => heat.sub(start).clamp({ min: 0, max: 1 })),
      1,
    );
    return colours.mul(2).sub(1).toTypedArray();
  });
  if (!(values instanceof Float32Array)) throw new RangeError('expected a picture of float32');
  const picture = sampleGrid({ values, shape: [1, 3, height, width] }, { padding: 0 });
  await writeResult(path, (partial) => writePng(partial, picture));
}

/** More would fill the memory. */
const MOST_PIXELS = 1e8;

/** What maps and scores are worth by masks: white where an image is unusual. */
export class MaskJudge {
  readonly #scores: number[] = [];
  readonly #anomalous: boolean[] = [];
  readonly #maps: WholeMap[] = [];
  readonly #masks: Uint8Array[] = [];
  #pixels = 0;

  /** @throws UsageError for a mask of another size than its image, or too many pixels */
  async add(input: ScoreInput, score: number, map: WholeMap): Promise<void> {
    const mask = await maskOf(input);
    this.#pixels += map.length;
    if (this.#pixels > MOST_PIXELS)
      throw new UsageError(`--masks: more than ${MOST_PIXELS} pixels in all: score fewer images at once`);
    this.#scores.push(score);
    this.#anomalous.push(mask.includes(1));
    this.#maps.push(map);
    this.#masks.push(mask);
  }

  /** By images and by pixels, each where some are normal and some unusual. */
  judge(): { readonly images?: Detection; readonly pixels?: Detection } {
    const [values, labels] = [new Float32Array(this.#pixels), new Uint8Array(this.#pixels)];
    let at = 0;
    for (const [i, map] of this.#maps.entries()) {
      values.set(map, at);
      labels.set(this.#masks[i], at);
      at += map.length;
    }
    const images = hasBoth(this.#anomalous) && detection(this.#scores, this.#anomalous);
    const pixels = hasBoth(labels) && detection(values, labels);
    return { ...(images && { images }), ...(pixels && { pixels }) };
  }
}

/** Whether there is something to tell apart. */
function hasBoth(kinds: ArrayLike<boolean | number>): boolean {
  const first = Boolean(kinds[0]);
  return Array.prototype.some.call(kinds, (kind) => Boolean(kind) !== first);
}

/** 1 where the mask is lighter than half; all 0 without one. */
async function maskOf({ own, mask, from }: ScoreInput): Promise<Uint8Array> {
  if (mask === null) return new Uint8Array(own.height * own.width);
  const { pixels, ...size } = await decodeWhole(await loadSharp(), mask, 1);
  if (size.height === own.height && size.width === own.width)
    return pixels.map((value) => (value > 127 ? 1 : 0));
  throw new UsageError(
    `${mask} has ${sizeText(size)} pixels, but ${from} has ${sizeText(own)}: expected a mask of the image’s size`,
  );
}
