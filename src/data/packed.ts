import { randomBytes } from 'node:crypto';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { GanError, messageOf } from '../errors';
import { makeFolder } from '../io/make-folder';
import type { SkippedImage } from './dataset';

/** What a packed file says about its images. */
export interface PackContents {
  readonly count: number;
  readonly imageBytes: number;
  /** Class of every image; null = unlabelled. */
  readonly labels: readonly number[] | null;
  readonly classNames: readonly string[];
  readonly skipped: readonly SkippedImage[];
}

/**
 * The layout: the images one after another from byte 0, {@link PackContents} as JSON, its length as a little-endian uint32, and this
 * word. The contents come last because only decoding tells how many images there are.
 */
const MAGIC = Buffer.from('LTGPACK1');
const TAIL = 4 + MAGIC.length;
const MAX_JSON = 2 ** 28;

/** What is written: the images in order, and what to say about them once the last has come. */
export interface PackInput {
  readonly images: AsyncIterable<Uint8Array>;
  readonly describe: () => PackContents;
}

/**
 * Writes a packed file: it appears at `path` only when complete and on the disk.
 * @throws ERR_CACHE when it cannot be written; errors of `images` pass through.
 */
export async function writePack(path: string, { images, describe }: PackInput): Promise<PackContents> {
  const partial = `${path}.${process.pid}.${randomBytes(4).toString('hex')}.partial`;
  const blame = (error: unknown): GanError =>
    new GanError(
      'ERR_CACHE',
      `the packed images could not be written to ${path}: ${messageOf(error)}; free some space there, or set XDG_CACHE_HOME to another folder`,
    );
  try {
    await Promise.resolve(dirname(path))
      .then(makeFolder)
      .catch((error) => Promise.reject(blame(error)));
    await removeAbandoned(path);
    const file = await open(partial, 'wx').catch((error) => Promise.reject(blame(error)));
    try {
      for await (const image of images)
        await file.writeFile(image).catch((error) => Promise.reject(blame(error)));
      const contents = describe();
      await file.writeFile(tail(contents)).catch((error) => Promise.reject(blame(error)));
      await file.sync();
      await file.close();
      await rename(partial, path);
      return contents;
    } finally {
      await file.close();
    }
  } finally {
    await rm(partial, { force: true }).catch(() => {});
  }
}

/** Nobody writes for so long and goes on. */
const ABANDONED_MS = 3_600_000;

/** Removes what killed processes left of this file: it can be gigabytes. */
async function removeAbandoned(path: string): Promise<void> {
  const folder = dirname(path);
  for (const name of await readdir(folder)) {
    if (!name.startsWith(`${basename(path)}.`) || !name.endsWith('.partial')) continue;
    const { mtimeMs } = await stat(join(folder, name)).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > ABANDONED_MS) await rm(join(folder, name), { force: true });
  }
}

function tail(contents: PackContents): Buffer {
  const json = Buffer.from(JSON.stringify(contents));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  return Buffer.concat([json, length, MAGIC]);
}

/** What the packed file at `path` holds, or null when there is none or it is not whole: it is then made again. */
export async function readPack(path: string): Promise<PackContents | null> {
  const file = await open(path).catch(() => null);
  if (!file) return null;
  try {
    const { size } = await file.stat();
    const end = Buffer.alloc(TAIL);
    await file.read(end, 0, TAIL, Math.max(0, size - TAIL));
    const length = end.readUInt32LE(0);
    if (size < TAIL || !end.subarray(4).equals(MAGIC) || length > Math.min(size - TAIL, MAX_JSON))
      return null;
    const json = Buffer.alloc(length);
    await file.read(json, 0, length, size - TAIL - length);
    const contents: PackContents = JSON.parse(json.toString());
    const whole = contents.count * contents.imageBytes + length + TAIL === size;
    return whole && (contents.labels === null || contents.labels.length === contents.count) ? contents : null;
  } catch {
    return null;
  } finally {
    await file.close();
  }
}

/** The packed file's path for a key, in `folder`. */
export function packPath(folder: string, key: string): string {
  return join(folder, 'packed', `${key}.pack`);
}
