import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { GanError, messageOf, UsageError } from '../errors';
import { cacheFolder } from '../native/root';
import { ImageDataset, type ImageShape, type SkippedImage } from './dataset';
import { decodeImage, loadSharp, type Sharp } from './decode-image';
import { type ImageList, listImages } from './image-list';
import { type Resolution, requireResolution } from './image-size';
import { type PackContents, packPath, readPack, writePack } from './packed';
import { filePixels } from './pixels';
import type { OnDataProgress } from './progress';

/** How a folder of images is to be read. */
export interface ImageFolderOptions {
  /** Height and width in pixels (64). */
  readonly resolution?: Resolution;
  /** 3 = RGB, 1 = grey (3). */
  readonly channels?: number;
  /** Stop at the first image that cannot be decoded, or leave such images out and count them (fail). */
  readonly onBadImage?: 'fail' | 'skip';
  /** The data set's name (folder:PATH). */
  readonly name?: string;
  readonly progress?: OnDataProgress;
}

/** Images being decoded at once: bounds the memory, and is twice what libuv's threads take. */
const WINDOW = 8;

/**
 * A folder of JPEG, PNG and WebP images of any size, cropped to squares ({@link decodeImage}); class sub-folders become labels, a
 * flat folder is unlabelled ({@link listImages}). Decoding is slower than training, so it is done once, into a packed file in the
 * cache that is found again by the files' names, sizes and times, the resolution and the channels.
 * @throws ERR_BAD_IMAGE naming the file (`onBadImage: 'fail'`); ERR_DATA_MISSING, ERR_DATA_EMPTY, ERR_DATA_LAYOUT; ERR_NO_SHARP;
 *   ERR_CACHE when the packed file cannot be written.
 */
export async function imageFolder(
  folder: string,
  {
    resolution = 64,
    channels = 3,
    onBadImage = 'fail',
    name = `folder:${folder}`,
    progress,
  }: ImageFolderOptions = {},
): Promise<ImageDataset> {
  const size = requireResolution(name, resolution);
  if (channels !== 1 && channels !== 3)
    throw new UsageError(`${name}: channels must be 1 (grey) or 3 (RGB), got ${channels}`);
  const list = await listImages(folder);
  const shape: ImageShape = { channels, ...size };
  const path = packPath(cacheFolder(), await keyOf(folder, list, shape));
  const pack =
    (await readPack(path)) ??
    (await packFolder(path, { folder, list, shape, onBadImage, progress, task: `decoding ${name}` }));
  if (pack.skipped.length > 0 && onBadImage === 'fail') throw badImage(pack.skipped[0].reason);
  return new ImageDataset({
    name,
    channels,
    ...size,
    pixels: filePixels({ path, count: pack.count, imageBytes: pack.imageBytes }),
    labels: pack.labels,
    classNames: pack.classNames,
    skipped: pack.skipped,
  });
}

function badImage(reason: string): GanError {
  return new GanError(
    'ERR_BAD_IMAGE',
    `${reason}; remove it, or leave such images out with --on-bad-image skip`,
  );
}

async function keyOf(folder: string, { images }: ImageList, shape: ImageShape): Promise<string> {
  const files = images.map(({ file, bytes, modified }) => [file, bytes, modified]);
  const key = JSON.stringify([await realpath(folder), shape, files]);
  return createHash('sha256').update(key).digest('hex');
}

interface Packing {
  readonly folder: string;
  readonly list: ImageList;
  readonly shape: ImageShape;
  readonly onBadImage: 'fail' | 'skip';
  readonly progress?: OnDataProgress;
  readonly task: string;
}

/** Decodes the folder into the packed file at `path`. */
async function packFolder(
  path: string,
  { folder, list, shape, onBadImage, progress, task }: Packing,
): Promise<PackContents> {
  const sharp = await loadSharp();
  const labels: number[] = [];
  const skipped: SkippedImage[] = [];
  const total = list.images.length;
  async function* good(): AsyncGenerator<Uint8Array> {
    let done = 0;
    for await (const decoded of decodeInOrder(sharp, { folder, list, shape })) {
      const { file, label } = list.images[done];
      done++;
      if (decoded.pixels) {
        labels.push(label);
        yield decoded.pixels;
      } else if (onBadImage === 'fail') throw badImage(messageOf(decoded.error));
      else skipped.push({ file, reason: messageOf(decoded.error) });
      progress?.({ task, done, total, unit: 'images' });
    }
    if (labels.length === 0)
      throw new GanError(
        'ERR_DATA_EMPTY',
        `none of the ${total} images in ${folder} can be decoded; the first: ${skipped[0].reason}`,
      );
  }
  return writePack(path, {
    images: good(),
    describe: () => ({
      count: labels.length,
      imageBytes: shape.channels * shape.height * shape.width,
      labels: list.classNames.length > 0 ? labels : null,
      classNames: list.classNames,
      skipped,
    }),
  });
}

interface Decoded {
  readonly pixels: Uint8Array | null;
  readonly error: unknown;
}

/** Decodes some images ahead, and delivers them in the list's order. */
async function* decodeInOrder(
  sharp: Sharp,
  { folder, list: { images }, shape }: { folder: string; list: ImageList; shape: ImageShape },
): AsyncGenerator<Decoded> {
  const decode = (file: string): Promise<Decoded> =>
    decodeImage(sharp, join(folder, file), shape).then(
      (pixels) => ({ pixels, error: null }),
      (error: unknown) => ({ pixels: null, error }),
    );
  const ahead: Promise<Decoded>[] = [];
  let next = 0;
  while (next < images.length || ahead.length > 0) {
    while (ahead.length < WINDOW && next < images.length) ahead.push(decode(images[next++].file));
    const first = ahead.shift();
    if (first) yield await first;
  }
}
