import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { constants, gunzip, gunzipSync } from 'node:zlib';
import { GanError, hasCode, messageOf } from '../errors';

/** An IDX file's contents: one byte an element. */
export interface Idx {
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

const inflate = promisify(gunzip);

/** No data set in this format comes near: what a header may ask for before anything is unpacked. */
const MAX_BYTES = 2 ** 30;

/**
 * Reads an IDX file of unsigned bytes (MNIST's format), gzipped or not: two zero bytes, type 0x08, the number of dimensions, each
 * dimension as a big-endian uint32, the elements. A gzipped file is unpacked only as far as its header says.
 * @param dimensions 3 for images [N, rows, columns], 1 for labels [N].
 * @throws ERR_DATA_MISSING when the file cannot be read, ERR_DATA_CORRUPT when it is not such a file or not all of it.
 */
export async function readIdx(path: string, dimensions: 1 | 3): Promise<Idx> {
  const bytes = await readFile(path).catch((error: unknown) => {
    const reason = hasCode(error, 'ENOENT') ? 'does not exist' : `cannot be read: ${messageOf(error)}`;
    throw new GanError('ERR_DATA_MISSING', `${path} ${reason}; an IDX file is expected there`);
  });
  const zipped = bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;
  const start = zipped ? unpackStart(path, bytes) : bytes;
  const shape = readHeader(path, start, dimensions);
  const header = 4 + 4 * dimensions;
  const total = header + shape.reduce((a, b) => a * b);
  if (total > MAX_BYTES)
    throw corrupt(
      path,
      `its header asks for ${total} bytes (${shape.join('×')}), more than the ${MAX_BYTES} allowed`,
    );
  const whole = zipped ? await unpack(path, bytes, total) : bytes;
  if (whole.length !== total)
    throw corrupt(path, `${total} bytes are expected for ${shape.join('×')}, but it holds ${whole.length}`);
  return { shape, data: new Uint8Array(whole.buffer, whole.byteOffset + header, total - header) };
}

function readHeader(path: string, bytes: Uint8Array, dimensions: number): number[] {
  const header = 4 + 4 * dimensions;
  if (bytes.length < header)
    throw corrupt(path, `a header of ${header} bytes is expected, but it holds ${bytes.length}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = view.getUint32(0);
  const expected = 0x0800 + dimensions;
  if (magic !== expected)
    throw corrupt(
      path,
      `its magic number is ${hex(magic)}, but ${hex(expected)} is expected (unsigned bytes, ${dimensions === 3 ? 'images' : 'labels'})`,
    );
  return Array.from({ length: dimensions }, (_, i) => view.getUint32(4 + 4 * i));
}

/** Unpacks enough of a gzipped file to see the header, however much the rest would grow to. */
function unpackStart(path: string, bytes: Uint8Array): Uint8Array {
  try {
    return gunzipSync(bytes.subarray(0, 4096), { finishFlush: constants.Z_SYNC_FLUSH });
  } catch (error) {
    throw corrupt(path, `it does not unzip: ${messageOf(error)}`);
  }
}

async function unpack(path: string, bytes: Uint8Array, total: number): Promise<Uint8Array> {
  try {
    return await inflate(bytes, { maxOutputLength: total, chunkSize: 2 ** 18 });
  } catch (error) {
    if (hasCode(error, 'ERR_BUFFER_TOO_LARGE'))
      throw corrupt(path, `it unzips to more than the ${total} bytes its header says`);
    throw corrupt(path, `it does not unzip to its end: ${messageOf(error)}`);
  }
}

function hex(word: number): string {
  return `0x${word.toString(16).padStart(8, '0')}`;
}

function corrupt(path: string, what: string): GanError {
  return new GanError(
    'ERR_DATA_CORRUPT',
    `${path} is damaged or not an IDX file: ${what}; delete it to have it fetched again`,
  );
}
