import { constants } from 'node:fs';
import { open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../../errors';
import { readError } from '../../io/file-error';
import { evenly } from './thin';

/** The size of a PNG file. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** A PNG file, as a page holds it. */
export interface EmbeddedPicture extends PictureSize {
  /** A data URL, or its address where the page has a server. */
  readonly source: string;
}

/** A sample grid. */
export interface SampleGrid extends EmbeddedPicture {
  readonly step: number;
}

/** The sample grids of a run. */
export interface Samples {
  /** By step; where they are too large together, only some of them. */
  readonly grids: readonly SampleGrid[];
  /** How many the run has. */
  readonly count: number;
}

/** Bytes of PNG files in a page, which takes a third more as text: 25 MB in all. */
export const MOST_BYTES = 18_000_000;

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Signature, header and end. */
const LEAST_BYTES = 8 + 25 + 12;
const END = Buffer.from('IEND\xae\x42\x60\x82', 'latin1');

/**
 * Reads the sample grids of a run, evenly thinned to what fits into so many bytes: the first and the last are always there.
 * Files that are no whole PNG are left out.
 *
 * @throws GanError `ERR_CANNOT_READ`
 */
export async function readSamples(folder: string, mostBytes = MOST_BYTES): Promise<Samples> {
  const files = await listGrids(folder);
  const chosen = chooseWithin(files, mostBytes);
  const grids: SampleGrid[] = [];
  for (const { step, file } of chosen) {
    const picture = await readPicture(file);
    if (picture) grids.push({ step, ...picture });
  }
  return { grids, count: files.length };
}

interface GridFile {
  readonly step: number;
  readonly file: string;
  readonly bytes: number;
}

/** Those that are whole, by step. */
async function listGrids(folder: string): Promise<GridFile[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return [];
    throw readError(folder, error);
  });
  const files: GridFile[] = [];
  for (const name of names) {
    const step = /^step-(\d+)\.png$/.exec(name)?.[1];
    const file = join(folder, name);
    if (step !== undefined && (await isWholePng(file)))
      files.push({ step: Number(step), file, bytes: (await stat(file)).size });
  }
  return files.sort((a, b) => a.step - b.step);
}

function chooseWithin(files: readonly GridFile[], mostBytes: number): GridFile[] {
  const total = (some: readonly GridFile[]) => some.reduce((sum, { bytes }) => sum + bytes, 0);
  const some = (count: number) => evenly(files.length, count).map((at) => files[at]);
  if (total(files) <= mostBytes) return [...files];
  // Grids are much of a size, so a bisection finds about the most that fit; runs of days have too many to try every number.
  let [fits, exceeds] = [Math.min(2, files.length), files.length];
  while (exceeds - fits > 1) {
    const middle = Math.floor((fits + exceeds) / 2);
    if (total(some(middle)) <= mostBytes) fits = middle;
    else exceeds = middle;
  }
  return some(fits);
}

/** Whether the file begins and ends as a PNG does: one that is being written, or was cut off, does not. */
async function isWholePng(path: string): Promise<boolean> {
  // Not as a pipe is opened, which waits for its writer.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => undefined);
  try {
    const facts = await file?.stat();
    if (!file || !facts?.isFile() || facts.size < LEAST_BYTES) return false;
    const [start, end] = [Buffer.alloc(SIGNATURE.length), Buffer.alloc(END.length)];
    await file.read(start, 0, start.length, 0);
    await file.read(end, 0, end.length, facts.size - end.length);
    return start.equals(SIGNATURE) && end.equals(END);
  } finally {
    await file?.close();
  }
}

/** The size of a PNG file by its header; undefined where there is none, or none that is whole. */
export async function measurePicture(path: string): Promise<PictureSize | undefined> {
  if (!(await isWholePng(path))) return undefined;
  const file = await open(path);
  try {
    const header = Buffer.alloc(SIZE_END);
    await file.read(header, 0, SIZE_END, 0);
    return sizeIn(header);
  } finally {
    await file.close();
  }
}

/** Where a PNG file's width and height end. */
const SIZE_END = 24;

function sizeIn(header: Buffer): PictureSize {
  return { width: header.readUInt32BE(16), height: header.readUInt32BE(20) };
}

/** A PNG file for a page; undefined where there is none, or none that is whole. */
export async function readPicture(file: string): Promise<EmbeddedPicture | undefined> {
  if (!(await isWholePng(file))) return undefined;
  const bytes = await readFile(file);
  return {
    ...sizeIn(bytes),
    source: `data:image/png;base64,${bytes.toString('base64')}`,
  };
}
