import { createHash, type Hash, randomBytes } from 'node:crypto';
import { type FileHandle, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { GanError, messageOf } from '../errors';
import { makeFolder } from '../io/make-folder';
import type { SkippedImage } from './dataset';

/** What a packed file says about its images. */
export interface PackContents {
  readonly count: number;
  readonly imageBytes: number;
  readonly skipped: readonly SkippedImage[];
}

/**
 * The layout: the images one after another from byte 0, {@link PackContents} as JSON, its length as a little-endian uint32, the sha256 of
 * all that, and this word. The contents come last because only decoding tells how many images there are.
 */
const MAGIC = Buffer.from('LTGPACK4');
const HASH = 32;
const TAIL = 4 + HASH + MAGIC.length;
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
      const hash = createHash('sha256');
      for await (const image of images) {
        hash.update(image);
        await file.writeFile(image).catch((error) => Promise.reject(blame(error)));
      }
      const contents = describe();
      await file.writeFile(tail(contents, hash)).catch((error) => Promise.reject(blame(error)));
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

function tail(contents: PackContents, hash: Hash): Buffer {
  const json = Buffer.from(JSON.stringify(contents));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  const sha256 = hash.update(json).update(length).digest();
  return Buffer.concat([json, length, sha256, MAGIC]);
}

/**
 * What the packed file at `path` holds; null when there is none.
 * @throws ERR_CACHE when it is not whole, any bit of it is another than was written, or an earlier version wrote it: make it again.
 */
export async function readPack(path: string): Promise<PackContents | null> {
  const file = await open(path).catch(() => null);
  if (!file) return null;
  try {
    return await checkedContents(file, path);
  } catch (error) {
    if (error instanceof GanError) throw error;
    throw damaged(path, messageOf(error));
  } finally {
    await file.close();
  }
}

async function checkedContents(file: FileHandle, path: string): Promise<PackContents> {
  const { size } = await file.stat();
  const end = Buffer.alloc(TAIL);
  await file.read(end, 0, TAIL, Math.max(0, size - TAIL));
  if (size < TAIL || !end.subarray(4 + HASH).equals(MAGIC))
    throw damaged(path, 'it is not whole, or an earlier version wrote it');
  const length = end.readUInt32LE(0);
  if (length > Math.min(size - TAIL, MAX_JSON)) throw damaged(path, 'it is not whole');
  if (!(await hashOf(file, size - TAIL + 4)).equals(end.subarray(4, 4 + HASH)))
    throw damaged(path, 'its sha256 is not the one it was written with');
  const json = Buffer.alloc(length);
  await file.read(json, 0, length, size - TAIL - length);
  const contents: PackContents = JSON.parse(json.toString());
  if (contents.count * contents.imageBytes + length + TAIL !== size)
    throw damaged(path, 'its images are not as many as it says');
  return contents;
}

/** Bytes hashed at once: the event loop turns between reads. */
const PIECE = 1 << 22;

/** The sha256 of the first `bytes` bytes of a file. */
async function hashOf(file: FileHandle, bytes: number): Promise<Buffer> {
  const hash = createHash('sha256');
  const piece = Buffer.alloc(Math.min(PIECE, bytes));
  for (let done = 0; done < bytes; ) {
    const { bytesRead } = await file.read(piece, 0, Math.min(piece.length, bytes - done), done);
    if (bytesRead === 0) break;
    hash.update(piece.subarray(0, bytesRead));
    done += bytesRead;
  }
  return hash.digest();
}

function damaged(path: string, problem: string): GanError {
  return new GanError('ERR_CACHE', `the packed images in ${path} are damaged: ${problem}`);
}

/** The packed file's path for a key, in `folder`. */
export function packPath(folder: string, key: string): string {
  return join(folder, 'packed', `${key}.pack`);
}
