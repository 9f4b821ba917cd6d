import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { GanError, messageOf } from '../errors';
import { cacheFolder } from '../native/root';
import type { SkippedImage } from './dataset';
import { loadSharp, type Sharp } from './decode-image';
import type { PackOptions } from './pack-options';
import { type PackContents, packPath, readPack, writePack } from './packed';
import { filePixels, type PixelSource } from './pixels';

/** One entry of a packed file. */
export interface PackedExample {
  /** The file that reports name, and no other example has. */
  readonly file: string;
  readonly label: number;
}

/** Examples in files that are decoded once. */
export interface PackRequest<Example extends PackedExample> extends PackOptions {
  /** The data set's name, for progress. */
  readonly name: string;
  readonly folder: string;
  /** What the pixels depend on beside the folder: files with sizes and times, the form they are decoded to. */
  readonly key: unknown;
  readonly examples: readonly Example[];
  /** Empty = unlabelled. */
  readonly classNames: readonly string[];
  readonly imageBytes: number;
  readonly decode: (sharp: Sharp, example: Example) => Promise<Uint8Array>;
}

/** Decoded examples. */
export interface PackedImages {
  readonly pixels: PixelSource;
  /** null = unlabelled */
  readonly labels: readonly number[] | null;
  readonly classNames: readonly string[];
  readonly skipped: readonly SkippedImage[];
  /** That the packed file was damaged and is made again, in a sentence for the user; usually none. */
  readonly notes: readonly string[];
}

/** Changes when decoding gives other pixels than before, so that what was packed then is not taken: 2 = grey is Rec. 601, 3 = profiles of
 * images of 16 bits. */
const DECODING = 3;

/** Images being decoded at once: bounds the memory, and is twice what libuv's threads take. */
const WINDOW = 8;

/**
 * Examples from the packed file in the cache, which is made on first use: decoding is slower than training. One with a flipped bit is
 * made again, and a note tells.
 * @throws ERR_BAD_IMAGE naming the file (`onBadImage: 'fail'`); ERR_DATA_EMPTY when none can be decoded; ERR_NO_SHARP; ERR_CACHE when
 *   the packed file cannot be written.
 */
export async function packedImages<Example extends PackedExample>(
  request: PackRequest<Example>,
): Promise<PackedImages> {
  const key = JSON.stringify([DECODING, await realpath(request.folder), request.key]);
  const path = packPath(cacheFolder(), createHash('sha256').update(key).digest('hex'));
  const notes: string[] = [];
  const known = await readPack(path).catch((error: unknown) => {
    notes.push(`${messageOf(error)}; they were decoded again`);
    return null;
  });
  const { count, imageBytes, skipped } = known ?? (await packExamples(path, request));
  if (skipped.length > 0 && request.onBadImage !== 'skip') throw badImage(skipped[0].reason);
  // Not from the packed file: what the classes are called, and which there are, is not in its key.
  const { examples, classNames } = request;
  const left = new Set(skipped.map(({ file }) => file));
  const labels = examples.filter(({ file }) => !left.has(file)).map(({ label }) => label);
  return {
    pixels: filePixels({ path, count, imageBytes }),
    labels: classNames.length > 0 ? labels : null,
    classNames,
    skipped,
    notes,
  };
}

function badImage(reason: string): GanError {
  return new GanError(
    'ERR_BAD_IMAGE',
    `${reason}; remove it, or leave such images out with --on-bad-image skip`,
  );
}

/** Decodes the examples into the packed file at `path`. */
async function packExamples<Example extends PackedExample>(
  path: string,
  request: PackRequest<Example>,
): Promise<PackContents> {
  const { name, folder, examples, imageBytes, onBadImage, progress } = request;
  const sharp = await loadSharp();
  let count = 0;
  const skipped: SkippedImage[] = [];
  const total = examples.length;
  async function* good(): AsyncGenerator<Uint8Array> {
    let done = 0;
    for await (const decoded of decodeInOrder(sharp, request)) {
      const { file } = examples[done];
      done++;
      if (decoded.pixels) {
        count++;
        yield decoded.pixels;
      } else if (onBadImage === 'skip') skipped.push({ file, reason: messageOf(decoded.error) });
      else throw badImage(messageOf(decoded.error));
      progress?.({ task: `decoding ${name}`, done, total, unit: 'images' });
    }
    if (count === 0)
      throw new GanError(
        'ERR_DATA_EMPTY',
        `none of the ${total} images in ${folder} can be decoded; the first: ${skipped[0].reason}`,
      );
  }
  return writePack(path, {
    images: good(),
    describe: () => ({ count, imageBytes, skipped }),
  });
}

interface Decoded {
  readonly pixels: Uint8Array | null;
  readonly error: unknown;
}

/** Decodes some examples ahead, and delivers them in their order. */
async function* decodeInOrder<Example extends PackedExample>(
  sharp: Sharp,
  { examples, decode }: PackRequest<Example>,
): AsyncGenerator<Decoded> {
  const start = (example: Example): Promise<Decoded> =>
    decode(sharp, example).then(
      (pixels) => ({ pixels, error: null }),
      (error: unknown) => ({ pixels: null, error }),
    );
  const ahead: Promise<Decoded>[] = [];
  let next = 0;
  while (next < examples.length || ahead.length > 0) {
    while (ahead.length < WINDOW && next < examples.length) ahead.push(start(examples[next++]));
    const first = ahead.shift();
    if (first) yield await first;
  }
}
