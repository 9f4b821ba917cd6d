import { GanError } from '../errors';
import { isJsonObject } from './json';

/** Bytes of one element of every dtype of the format that fills whole bytes. */
export const ELEMENT_BYTES = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  U16: 2,
  I16: 2,
  F16: 2,
  BF16: 2,
  U32: 4,
  I32: 4,
  F32: 4,
  U64: 8,
  I64: 8,
  F64: 8,
} as const;

/** A dtype by its name in the safetensors format, e.g. `F32`. */
export type SafetensorsDtype = keyof typeof ELEMENT_BYTES;

/** Where one tensor lies in a file. */
export interface TensorEntry {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  /** Bytes from the end of the header to the tensor's first byte. */
  readonly begin: number;
  /** The tensor's size in bytes. */
  readonly size: number;
}

/** What a file's header says. */
export interface SafetensorsHeader {
  /** In the order of the bytes. */
  readonly entries: readonly TensorEntry[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** The longest header that is read, in bytes: the limit of the reference implementation. */
export const MAX_HEADER_BYTES = 100_000_000;

const METADATA = '__metadata__';

/** Makes the error of one file; `problem` says what was expected and what came. */
export type Failure = (problem: string) => GanError;

/** The {@link Failure} of records that came from no file that is known. */
export const badRecords: Failure = (problem) => new GanError('ERR_BAD_SAFETENSORS', problem);

/** The {@link Failure} of `file`: a `GanError` with code `ERR_BAD_SAFETENSORS` that names it. */
export function badSafetensors(file: string): Failure {
  return (problem) => new GanError('ERR_BAD_SAFETENSORS', `bad safetensors file ${file}: ${problem}`);
}

/**
 * The bytes of a tensor of this dtype and shape.
 *
 * @throws what `fail` makes, for an unknown dtype or a dimension that is no count
 */
export function tensorBytes(dtype: unknown, shape: unknown, fail: Failure): number {
  if (!isDtype(dtype))
    throw fail(
      `expected one of the dtypes ${Object.keys(ELEMENT_BYTES).join(', ')}, but got ${quote(dtype)}`,
    );
  if (!Array.isArray(shape) || !shape.every(isCount))
    throw fail(`expected a shape of whole numbers, but got ${quote(shape)}`);
  // Strides of an empty tensor count a dimension of 0 as 1, and have to fit too.
  const size = shape.reduce<number>((product, length) => product * Math.max(1, length), ELEMENT_BYTES[dtype]);
  if (!Number.isSafeInteger(size))
    throw fail(`a tensor of shape ${brief(`[${shape.join(', ')}]`)} is too large`);
  return shape.includes(0) ? 0 : size;
}

/**
 * The header's bytes with the 8-byte length before them, padded with spaces so that the tensors begin at a multiple of 8.
 * Entries keep their order, so equal input gives equal bytes.
 */
export function encodeHeader(header: SafetensorsHeader): Uint8Array {
  const fields: [string, unknown][] = header.entries.map(({ name, dtype, shape, begin, size }) => [
    name,
    { dtype, shape, data_offsets: [begin, begin + size] },
  ]);
  if (Object.keys(header.metadata).length > 0) fields.unshift([METADATA, header.metadata]);
  const json = JSON.stringify(Object.fromEntries(fields));
  const length = Buffer.byteLength(json);
  const padded = Math.ceil(length / 8) * 8;
  const bytes = Buffer.alloc(8 + padded, ' ');
  bytes.writeBigUInt64LE(BigInt(padded));
  bytes.write(json, 8);
  return bytes;
}

/**
 * Reads the 8 bytes before the header.
 *
 * @returns the header's length in bytes
 * @throws what `fail` makes, when the length is over {@link MAX_HEADER_BYTES} or past the end of the file
 */
export function headerLength(prefix: Uint8Array, fileBytes: number, fail: Failure): number {
  if (fileBytes < 8 || prefix.byteLength < 8)
    throw fail(`expected at least 8 bytes, but it has ${fileBytes}: it is cut off or something else`);
  const length = new DataView(prefix.buffer, prefix.byteOffset, 8).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES)
    throw fail(`expected a header of at most ${MAX_HEADER_BYTES} bytes, but its length says ${length}`);
  if (length > fileBytes - 8)
    throw fail(`its header should take ${length} bytes, but only ${fileBytes - 8} follow: it is cut off`);
  return Number(length);
}

/**
 * Reads a header and checks that the tensors fill the `dataBytes` after it without gap or overlap.
 *
 * @throws what `fail` makes, for anything the format does not allow
 */
export function decodeHeader(bytes: Uint8Array, dataBytes: number, fail: Failure): SafetensorsHeader {
  const { [METADATA]: metadata = {}, ...tensors } = parseJson(bytes, fail);
  if (!isJsonObject(metadata) || !Object.values(metadata).every((value) => typeof value === 'string'))
    throw fail(`expected ${METADATA} to map texts to texts, but got ${quote(metadata)}`);
  const entries = Object.entries(tensors).map(([name, value]) => readEntry(name, value, fail));
  entries.sort((a, b) => a.begin - b.begin || a.size - b.size);
  checkContiguous(entries, dataBytes, fail);
  return { entries, metadata: metadata as Record<string, string> };
}

function parseJson(bytes: Uint8Array, fail: Failure): Record<string, unknown> {
  if (bytes[0] !== '{'.charCodeAt(0)) throw fail('expected its header to begin with "{"');
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw fail('expected its header to be JSON in UTF-8: it is damaged');
  }
  if (!isJsonObject(value)) throw fail(`expected its header to be a JSON object, but got ${quote(value)}`);
  return value;
}

function readEntry(name: string, value: unknown, fail: Failure): TensorEntry {
  const named: Failure = (problem) => fail(`tensor ${quote(name)}: ${problem}`);
  if (!isJsonObject(value)) throw named(`expected an object, but got ${quote(value)}`);
  const { dtype, shape, data_offsets: offsets } = value;
  const size = tensorBytes(dtype, shape, named);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount))
    throw named(`expected two data_offsets, but got ${quote(offsets)}`);
  const [begin, end] = offsets as [number, number];
  if (end - begin !== size)
    throw named(`its dtype and shape take ${size} bytes, but its data_offsets [${begin}, ${end}] differ`);
  // The two were checked by tensorBytes.
  return { name, dtype: dtype as SafetensorsDtype, shape: shape as number[], begin, size };
}

function checkContiguous(entries: readonly TensorEntry[], dataBytes: number, fail: Failure): void {
  let position = 0;
  for (const { name, begin, size } of entries) {
    if (begin !== position)
      throw fail(`tensor ${quote(name)} should begin at byte ${position}, but its data_offsets say ${begin}`);
    position += size;
  }
  if (position !== dataBytes)
    throw fail(
      `its tensors take ${position} bytes, but ${dataBytes} follow the header: ${position > dataBytes ? 'it is cut off' : 'something was added'}`,
    );
}

function isDtype(value: unknown): value is SafetensorsDtype {
  return typeof value === 'string' && Object.hasOwn(ELEMENT_BYTES, value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function quote(value: unknown): string {
  return brief(jsonOf(value));
}

function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'nothing';
  } catch {
    // Nested deeper than the stack: parsing is not recursive, writing is.
    return 'something nested too deeply';
  }
}

function brief(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
