import { crc32, inflateSync } from 'node:zlib';
import type { ImageSize } from './image-size';

/** The pixels of a small, plain PNG. */
export interface PlainPng extends ImageSize {
  /** Grey, or red, green and blue. */
  readonly channels: 1 | 3;
  /** uint8 [H, W, C] */
  readonly pixels: Uint8Array;
}

/** For larger images other threads are worth their way. */
const [MAX_SIDE, MAX_BYTES] = [128, 1 << 16];

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Length, name and checksum of a chunk. */
const AROUND = 12;
const HEADER_BYTES = 13;
/** By PNG's colour type. */
const CHANNELS: Readonly<Record<number, 1 | 3>> = { 0: 1, 2: 3 };
/** Chunks that change nothing of the pixels. */
const HARMLESS = new Set(['pHYs', 'tIME']);

/**
 * Decodes a PNG of at most 128 × 128 pixels, grey or RGB of 8 bits, not interlaced, that has nothing beside its pixels: no profile, no transparency,
 * no orientation. sharp gives the same pixels, at many times the cost for so small an image.
 *
 * @returns null for any other file, and a damaged one: sharp says what is wrong with it
 */
export function plainPng(bytes: Buffer): PlainPng | null {
  const found = bytes.length <= MAX_BYTES ? chunksOf(bytes) : null;
  if (found === null) return null;
  const { header, data } = found;
  const [width, height, channels] = [header.readUInt32BE(0), header.readUInt32BE(4), CHANNELS[header[9]]];
  const [depth, compression, filter, interlace] = [header[8], header[10], header[11], header[12]];
  if (channels === undefined || depth !== 8 || compression + filter + interlace > 0) return null;
  if (Math.min(width, height) < 1 || Math.max(width, height) > MAX_SIDE) return null;
  const size = height * (1 + width * channels);
  try {
    const rows = inflateSync(data, { maxOutputLength: size });
    const pixels = rows.length === size ? unfiltered(rows, { row: width * channels, step: channels }) : null;
    return pixels && { width, height, channels, pixels };
  } catch {
    return null;
  }
}

/** The header, and all of the compressed rows; null for chunks of other kinds, and damaged ones. */
function chunksOf(bytes: Buffer): { readonly header: Buffer; readonly data: Buffer } | null {
  if (!bytes.subarray(0, SIGNATURE.length).equals(SIGNATURE)) return null;
  const data: Buffer[] = [];
  let header: Buffer | null = null;
  for (let at = SIGNATURE.length; at + AROUND <= bytes.length; ) {
    const end = at + 8 + bytes.readUInt32BE(at);
    if (end + 4 > bytes.length || crc32(bytes.subarray(at + 4, end)) !== bytes.readUInt32BE(end)) return null;
    const [type, content] = [bytes.toString('latin1', at + 4, at + 8), bytes.subarray(at + 8, end)];
    at = end + 4;
    if (type === 'IHDR' && header === null && content.length === HEADER_BYTES) header = content;
    else if (header === null) return null;
    else if (type === 'IDAT') data.push(content);
    else if (type === 'IEND')
      return at === bytes.length ? { header, data: data.length === 1 ? data[0] : Buffer.concat(data) } : null;
    else if (!HARMLESS.has(type)) return null;
  }
  return null;
}

/** How many bytes a row has, and how many are between a byte and its like of the pixel before. */
interface Rows {
  readonly row: number;
  readonly step: number;
}

/** Undoes the filter that each row begins with (PNG specification, section 9); null for one that does not exist. */
function unfiltered(rows: Buffer, { row, step }: Rows): Uint8Array | null {
  const height = rows.length / (row + 1);
  const pixels = new Uint8Array(row * height);
  for (let y = 0; y < height; y++) {
    const [filter, from, to] = [rows[y * (row + 1)], y * (row + 1) + 1, y * row];
    if (filter > 4) return null;
    for (let x = 0; x < row; x++) {
      const left = x >= step ? pixels[to + x - step] : 0;
      const above = y > 0 ? pixels[to + x - row] : 0;
      const corner = x >= step && y > 0 ? pixels[to + x - row - step] : 0;
      pixels[to + x] = rows[from + x] + predicted(filter, left, above, corner);
    }
  }
  return pixels;
}

/** By filter: nothing, the byte to the left, that above, their mean, or that of the three that is nearest to left + above − corner. */
function predicted(filter: number, left: number, above: number, corner: number): number {
  if (filter === 0) return 0;
  if (filter === 1) return left;
  if (filter === 2) return above;
  if (filter === 3) return (left + above) >> 1;
  const [toLeft, toAbove] = [Math.abs(above - corner), Math.abs(left - corner)];
  const toCorner = Math.abs(left + above - 2 * corner);
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
}
