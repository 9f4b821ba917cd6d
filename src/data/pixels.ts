import { type FileHandle, open } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { GanError } from '../errors';
import type { OnDataProgress } from './progress';

/** Sets up to this size (1 GiB) are held in memory and on the training device; larger ones are read batch by batch. */
export const RESIDENT_BYTES = 2 ** 30;

/** Where the pixels of a data set are: `count` images of `imageBytes` bytes (channels · height · width) each. */
export interface PixelSource {
  readonly count: number;
  readonly imageBytes: number;
  /** Every image, one after another; the memory itself where the pixels lie in memory, so not to be changed. */
  readAll(): Promise<Uint8Array>;
  /** Opens the source for reading single images. */
  open(): Promise<PixelReader>;
}

/** An open {@link PixelSource}. */
export interface PixelReader {
  /** Copies the images at `indices`, in that order, into new memory. */
  read(indices: Int32Array): Promise<Uint8Array>;
  /** Nothing is read afterwards. */
  close(): Promise<void>;
}

/** Puts image `index` into `target`, which is all zeros there, from byte `offset` on. */
export type DrawImage = (index: number, target: Uint8Array, offset: number) => void;

/** Pixels that lie in memory already. */
export function memoryPixels(bytes: Uint8Array, imageBytes: number): PixelSource {
  const copy: DrawImage = (index, target, offset) =>
    target.set(bytes.subarray(index * imageBytes, (index + 1) * imageBytes), offset);
  return {
    ...drawnPixels({ count: bytes.length / imageBytes, imageBytes, draw: copy }),
    readAll: async () => bytes,
  };
}

/** Pixels that are computed whenever they are read: for sets too large to hold. */
export function drawnPixels(images: { count: number; imageBytes: number; draw: DrawImage }): PixelSource {
  const { count, imageBytes, draw } = images;
  const read = async (indices: Int32Array): Promise<Uint8Array> => {
    const target = new Uint8Array(indices.length * imageBytes);
    for (let i = 0; i < indices.length; i++) draw(indices[i], target, i * imageBytes);
    return target;
  };
  return {
    count,
    imageBytes,
    readAll: () => drawAll(images),
    open: async () => ({ read, close: async () => {} }),
  };
}

/** Draws every image now where they fit in memory ({@link RESIDENT_BYTES}), else whenever it is read. */
export async function computedPixels(
  images: { count: number; imageBytes: number; draw: DrawImage },
  onProgress?: { task: string; progress?: OnDataProgress },
): Promise<PixelSource> {
  if (images.count * images.imageBytes > RESIDENT_BYTES) return drawnPixels(images);
  return memoryPixels(await drawAll(images, onProgress), images.imageBytes);
}

/** Draws all images, letting the event loop turn every few dozen milliseconds. */
async function drawAll(
  { count, imageBytes, draw }: { count: number; imageBytes: number; draw: DrawImage },
  { task, progress }: { task: string; progress?: OnDataProgress } = { task: 'drawing' },
): Promise<Uint8Array> {
  const target = new Uint8Array(count * imageBytes);
  let pause = performance.now() + 50;
  for (let i = 0; i < count; i++) {
    draw(i, target, i * imageBytes);
    if (i % 64 === 0 && performance.now() > pause) {
      progress?.({ task, done: i, total: count, unit: 'images' });
      await turn();
      pause = performance.now() + 50;
    }
  }
  progress?.({ task, done: count, total: count, unit: 'images' });
  return target;
}

/** Pixels in a file: `count` images from byte 0 on. */
export function filePixels({
  path,
  count,
  imageBytes,
}: {
  path: string;
  count: number;
  imageBytes: number;
}): PixelSource {
  const openReader = async (): Promise<PixelReader> => {
    const file = await open(path);
    return {
      read: (indices) => readImages(file, { path, imageBytes, indices }),
      close: () => file.close(),
    };
  };
  const readAll = async (): Promise<Uint8Array> => {
    const reader = await openReader();
    try {
      return await reader.read(Int32Array.from({ length: count }, (_, i) => i));
    } finally {
      await reader.close();
    }
  };
  return { count, imageBytes, readAll, open: openReader };
}

/** Longest single read: large enough for the disk, small enough for the limits of one `read` call. */
const READ_BYTES = 2 ** 26;

async function readImages(
  file: FileHandle,
  { path, imageBytes, indices }: { path: string; imageBytes: number; indices: Int32Array },
): Promise<Uint8Array> {
  const target = new Uint8Array(indices.length * imageBytes);
  const longest = Math.max(1, Math.floor(READ_BYTES / imageBytes));
  for (let i = 0; i < indices.length; ) {
    let run = 1;
    while (run < longest && i + run < indices.length && indices[i + run] === indices[i] + run) run++;
    const wanted = run * imageBytes;
    const { bytesRead } = await file.read(target, i * imageBytes, wanted, indices[i] * imageBytes);
    if (bytesRead !== wanted)
      throw new GanError(
        'ERR_DATA_CORRUPT',
        `${path} became shorter while it was read: image ${indices[i]} needs ${wanted} bytes, ${bytesRead} came; start again to rebuild it`,
      );
    i += run;
  }
  return target;
}
