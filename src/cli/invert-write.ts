import { writeGif } from '../io/gif';
import { type Picture, writePng } from '../io/png';
import { writeSafetensors } from '../io/safetensors';
import { tensorsToRecords } from '../io/tensors';
import { resizeImages } from '../metrics/features/resize-images';
import { sampleGrid } from '../report/grid';
import type { FoundStyles, StyleSpace } from '../style/search';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import type { InvertedFile } from './invert-files';
import { writeResult } from './write-result';

/** What was found of an image. */
export interface Outcome {
  /** Its path below `--in`. */
  readonly file: string;
  /** Mean |x − G(w)| in [−1, 1]. */
  readonly pixels: number;
  /** The distance of its features; null where none are compared. */
  readonly features: number | null;
  readonly picture: string;
  readonly latents: string;
  readonly film: string;
  /** Steps done. */
  readonly steps: number;
}

/** Pictures of a film, at most about. */
const FRAMES = 40;
/** Pictures that its end is seen for. */
const LAST = 10;
/** Pixels that a picture of a film is high, at least and at most. */
const [LEAST, MOST] = [128, 256];

/** The pictures of a search: each image, and beside it what is found of it. */
export class Film {
  readonly #targets: readonly Float32Array[];
  readonly #shape: readonly number[];
  readonly #every: number;
  readonly #frames: Picture[][];

  /** @param images the searched images [N, C, H, W] */
  constructor(images: Tensor, steps: number) {
    const { shape, values } = scope(() => shown(images));
    this.#shape = shape.slice(1);
    this.#targets = values;
    this.#every = Math.max(1, Math.round(steps / FRAMES));
    this.#frames = this.#targets.map(() => []);
  }

  /** Adds a picture of each image where it is time for one. */
  add(step: number, images: () => Tensor): void {
    if (step % this.#every !== 0) return;
    const { values } = scope(() => shown(images()));
    for (const [index, each] of values.entries()) this.#frames[index].push(this.#frame(index, each));
  }

  /** The pictures of an image; the last one, what was found, stays for a while. */
  framesOf(index: number, found: Tensor): readonly Picture[] {
    const last = this.#frame(index, scope(() => shown(found)).values[index]);
    return [...this.#frames[index], ...Array.from({ length: LAST }, () => last)];
  }

  #frame(index: number, found: Float32Array): Picture {
    const values = new Float32Array(2 * found.length);
    values.set(this.#targets[index]);
    values.set(found, found.length);
    const scale = Math.max(1, Math.ceil(LEAST / this.#shape[1]));
    const options = { padding: 0, columns: 2, scale, nonFinite: 'clamp' } as const;
    return sampleGrid({ values, shape: [2, ...this.#shape] }, options);
  }
}

/** What is written of an image. */
interface Writing {
  /** Its place in the batch. */
  readonly index: number;
  readonly found: FoundStyles;
  readonly film: Film;
  readonly facts: { readonly checkpoint: string; readonly space: StyleSpace; readonly steps: number };
}

/** Writes picture, latents and film of an image. */
export async function writeOutcome(
  { name, picture, latents, film: gif }: InvertedFile,
  { index, found, film, facts }: Writing,
): Promise<Outcome> {
  const [pixels, features] = [found.pixels[index], found.features?.[index] ?? null];
  const { shape } = found.images;
  const values = valuesOf(found.images)[index];
  const image = sampleGrid({ values, shape: [1, ...shape.slice(1)] }, { padding: 0 });
  await writeResult(picture, (partial) => writePng(partial, image));
  const records = scope(() => {
    const own = (tensor: Tensor) => tensor.narrow(0, { start: index, length: 1 });
    const noise = found.noise.map((map, i) => [`noise.${i}`, own(map)] as const);
    return tensorsToRecords({ styles: own(found.styles), ...Object.fromEntries(noise) });
  });
  const metadata = Object.fromEntries(
    Object.entries({ ...facts, image: name, pixels, features }).map(([key, value]) => [key, String(value)]),
  );
  await writeResult(latents, (partial) => writeSafetensors(partial, records, { metadata }));
  await writeResult(gif, (partial) => writeGif(partial, film.framesOf(index, found.images)));
  return { file: name, pixels, features, picture, latents, film: gif, steps: facts.steps };
}

/** Images as a film shows them, one by one: it would be gigabytes else. */
function shown(images: Tensor) {
  const [, , height, width] = images.shape;
  const factor = Math.max(1, height / MOST);
  const size = { height: Math.round(height / factor), width: Math.round(width / factor) };
  const seen = resizeImages(images, { size });
  return { shape: seen.shape, values: valuesOf(seen) };
}

/** The values of float32 images, one by one. */
function valuesOf(images: Tensor): Float32Array[] {
  const all = new Float32Array(images.toBytes().buffer);
  const size = all.length / images.shape[0];
  return Array.from({ length: images.shape[0] }, (_, i) => all.subarray(i * size, (i + 1) * size));
}
