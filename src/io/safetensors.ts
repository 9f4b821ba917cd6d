import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { readError, writeError } from './file-error';
import {
  badRecords,
  badSafetensors,
  decodeHeader,
  encodeHeader,
  type Failure,
  headerLength,
  type SafetensorsDtype,
  type SafetensorsHeader,
  type TensorEntry,
  tensorBytes,
} from './safetensors-header';

/** One tensor as the format stores it. */
export interface TensorRecord {
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  /** Row-major, little-endian; its length is that of dtype and shape. */
  readonly bytes: Uint8Array;
}

/** Tensors by name. */
export type TensorRecords = Readonly<Record<string, TensorRecord>>;

/** What {@link writeSafetensors} wrote. */
export interface WrittenFile {
  /** The file's size. */
  readonly bytes: number;
  /** The file's hash, in lower-case hexadecimal. */
  readonly sha256: string;
}

/** What {@link readSafetensors} read. */
export interface ReadFile extends WrittenFile {
  /** In the order of the file. */
  readonly records: TensorRecords;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Bytes a single read or write moves: other work on the event loop goes on between them. */
const CHUNK_BYTES = 4 << 20;

/**
 * Writes tensors to a file in the safetensors format, which Python's `safetensors` reads. The order is that of `records`,
 * so equal input gives equal bytes. A file that could not be finished is removed.
 *
 * @param options.metadata texts for the header's `__metadata__`
 * @param options.fsync waits until the disk has the bytes
 * @throws GanError `ERR_BAD_SAFETENSORS` when a record's bytes do not fit its dtype and shape, `ERR_CANNOT_WRITE` when the
 *   file cannot be written
 */
export async function writeSafetensors(
  file: string,
  records: TensorRecords,
  options: { readonly metadata?: Readonly<Record<string, string>>; readonly fsync?: boolean } = {},
): Promise<WrittenFile> {
  const header = { entries: layOut(records, badSafetensors(file)), metadata: options.metadata ?? {} };
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, 'w');
    const hash = createHash('sha256');
    let bytes = await append(handle, encodeHeader(header), hash);
    for (const record of Object.values(records)) bytes += await append(handle, record.bytes, hash);
    if (options.fsync) await handle.sync();
    await handle.close();
    return { bytes, sha256: hash.digest('hex') };
  } catch (error) {
    if (handle !== undefined) await discard(handle, file);
    throw writeError(file, error);
  }
}

/**
 * The bytes of the file that {@link writeSafetensors} writes.
 *
 * @throws GanError `ERR_BAD_SAFETENSORS` when a record's bytes do not fit its dtype and shape
 */
export function encodeSafetensors(records: TensorRecords): Uint8Array {
  const header = encodeHeader({ entries: layOut(records, badRecords), metadata: {} });
  return Buffer.concat([header, ...Object.values(records).map(({ bytes }) => bytes)]);
}

/**
 * Reads a safetensors file, checking all of it: the header's length, its JSON, every dtype and shape, and that the tensors
 * fill the file without gap or overlap.
 *
 * @param options.sha256 the hash the file must have, in lower-case hexadecimal
 * @throws GanError `ERR_BAD_SAFETENSORS` when the file is damaged or not of this format, `ERR_CANNOT_READ` when it cannot be read
 */
export async function readSafetensors(
  file: string,
  options: { readonly sha256?: string } = {},
): Promise<ReadFile> {
  const fail = badSafetensors(file);
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, 'r');
    const hash = createHash('sha256');
    const { header, bytes } = await readHeader(handle, hash, fail);
    const records: [string, TensorRecord][] = [];
    for (const { name, dtype, shape, size } of header.entries)
      records.push([name, { dtype, shape, bytes: await take(handle, size, hash, fail) }]);
    const sha256 = hash.digest('hex');
    if (options.sha256 !== undefined && options.sha256 !== sha256)
      throw fail(`expected the sha256 ${options.sha256}, but it is ${sha256}: it was changed or damaged`);
    return { records: Object.fromEntries(records), metadata: header.metadata, bytes, sha256 };
  } catch (error) {
    throw readError(file, error);
  } finally {
    await handle?.close();
  }
}

function layOut(records: TensorRecords, fail: Failure): TensorEntry[] {
  let begin = 0;
  return Object.entries(records).map(([name, { dtype, shape, bytes }]) => {
    const named: Failure = (problem) => fail(`tensor ${JSON.stringify(name)}: ${problem}`);
    if (name === '__metadata__') throw named('the name is reserved by the format: choose another');
    const size = tensorBytes(dtype, shape, named);
    if (bytes.byteLength !== size)
      throw named(
        `a tensor of ${dtype} and shape [${shape.join(', ')}] takes ${size} bytes, but ${bytes.byteLength} came`,
      );
    const entry = { name, dtype, shape, begin, size };
    begin += size;
    return entry;
  });
}

/** Removes what was written so far, unless it went to a device such as /dev/stdout. */
async function discard(handle: FileHandle, file: string): Promise<void> {
  const isFile = await handle.stat().then(
    (stat) => stat.isFile(),
    () => false,
  );
  await handle.close().catch(() => {});
  if (isFile) await rm(file, { force: true }).catch(() => {});
}

async function append(handle: FileHandle, bytes: Uint8Array, hash: Hash): Promise<number> {
  for (let start = 0; start < bytes.byteLength; ) {
    const chunk = bytes.subarray(start, start + CHUNK_BYTES);
    const { bytesWritten } = await handle.write(chunk);
    hash.update(chunk.subarray(0, bytesWritten));
    start += bytesWritten;
  }
  return bytes.byteLength;
}

async function readHeader(
  handle: FileHandle,
  hash: Hash,
  fail: Failure,
): Promise<{ header: SafetensorsHeader; bytes: number }> {
  const stat = await handle.stat();
  if (!stat.isFile()) throw fail('it is not a regular file');
  const prefix = await take(handle, Math.min(8, stat.size), hash, fail);
  const length = headerLength(prefix, stat.size, fail);
  const json = await take(handle, length, hash, fail);
  return { header: decodeHeader(json, stat.size - 8 - length, fail), bytes: stat.size };
}

async function take(handle: FileHandle, size: number, hash: Hash, fail: Failure): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  for (let filled = 0; filled < size; ) {
    const { bytesRead } = await handle.read(bytes, filled, Math.min(CHUNK_BYTES, size - filled));
    if (bytesRead === 0) throw fail('it became shorter while it was read');
    hash.update(bytes.subarray(filled, filled + bytesRead));
    filled += bytesRead;
  }
  return bytes;
}
