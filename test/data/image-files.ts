import { crc32, deflateSync } from 'node:zlib';

/** What a BMP file put together by hand says of itself; its rows come as they are in the file. */
export interface BmpParts {
  readonly width: number;
  /** Negative: the first row is the top one. */
  readonly height: number;
  readonly bits: number;
  /** Bytes of the second header (40; 12 is OS/2's). */
  readonly header?: number;
  readonly compression?: number;
  /** [blue, green, red, 0] or, with a header of 12 bytes, [blue, green, red]. */
  readonly palette?: readonly (readonly number[])[];
  /** Of red, green, blue and perhaps alpha. */
  readonly masks?: readonly number[];
  /** Each padded to a multiple of 4 bytes by the caller. */
  readonly rows: readonly (readonly number[])[];
}

/** A BMP file. */
export function bmp({
  width,
  height,
  bits,
  header = 40,
  compression = 0,
  palette = [],
  masks = [],
  rows,
}: BmpParts): Buffer {
  const info = Buffer.alloc(Math.max(header, header === 40 ? 40 + 4 * masks.length : header));
  info.writeUInt32LE(header, 0);
  if (header === 12) {
    for (const [i, value] of [width, height, 1, bits].entries()) info.writeUInt16LE(value, 4 + 2 * i);
  } else {
    info.writeInt32LE(width, 4);
    info.writeInt32LE(height, 8);
    info.writeUInt16LE(1, 12);
    info.writeUInt16LE(bits, 14);
    info.writeUInt32LE(compression, 16);
    info.writeUInt32LE(palette.length, 32);
    for (const [i, mask] of masks.entries()) info.writeUInt32LE(mask, 40 + 4 * i);
  }
  const start = Buffer.alloc(14);
  const colours = Buffer.from(palette.flat());
  start.write('BM', 0, 'latin1');
  start.writeUInt32LE(14 + info.length + colours.length, 10);
  return Buffer.concat([start, info, colours, Buffer.from(rows.flat())]);
}

/** A PNG file put together by hand. */
interface PngParts {
  readonly width: number;
  readonly depth: number;
  readonly colorType: number;
  /** The bytes of the samples. */
  readonly rows: readonly (readonly number[])[];
  /** An ICC profile, as it is. */
  readonly profile?: Uint8Array;
  /** What its EXIF says. */
  readonly orientation?: number;
}

/** A PNG file. */
export function png({ width, depth, colorType, rows, profile, orientation }: PngParts): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(rows.length, 4);
  header.set([depth, colorType], 8);
  return pngOf(
    pngChunk('IHDR', header),
    ...(profile ? [pngChunk('iCCP', Buffer.concat([Buffer.from('x\0\0'), deflateSync(profile)]))] : []),
    ...(orientation === undefined ? [] : [pngChunk('eXIf', exif(orientation))]),
    pngChunk('IDAT', deflateSync(Uint8Array.from(rows.flatMap((row) => [0, ...row])))),
  );
}

/** How every PNG file begins. */
export const PNG_SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');

/** A PNG file of these chunks, and the one that ends it. */
export function pngOf(...chunks: readonly Buffer[]): Buffer {
  return Buffer.concat([PNG_SIGNATURE, ...chunks, pngChunk('IEND', Buffer.alloc(0))]);
}

/** A PNG file of one row. @param row the bytes of its samples */
export function pngRow({ row, ...parts }: Omit<PngParts, 'rows'> & { row: readonly number[] }): Buffer {
  return png({ ...parts, rows: [row] });
}

/** EXIF that says nothing but an orientation. */
function exif(orientation: number): Buffer {
  const bytes = Buffer.alloc(26);
  bytes.write('II*\0', 0, 'latin1');
  bytes.writeUInt32LE(8, 4);
  bytes.writeUInt16LE(1, 8);
  bytes.writeUInt16LE(0x0112, 10);
  bytes.writeUInt16LE(3, 12);
  bytes.writeUInt32LE(1, 14);
  bytes.writeUInt16LE(orientation, 18);
  return bytes;
}

/** The bytes of values of 16 bits, as PNG has them. */
export function bigEndian(values: readonly number[]): number[] {
  return values.flatMap((value) => [value >> 8, value & 255]);
}

/** Where the first row and the first column of an image with each EXIF orientation, 1 to 8, belong when it is upright. */
const SIDES = [
  'top left',
  'top right',
  'bottom right',
  'bottom left',
  'left top',
  'right top',
  'right bottom',
  'left bottom',
];

/** A PNG file of grey whose EXIF says how it is turned. @param upright its values */
export function turnedPng(
  upright: readonly (readonly number[])[],
  orientation: number,
  depth: 8 | 16 = 8,
): Buffer {
  const rows = laidDown(upright, orientation);
  const samples = depth === 16 ? rows.map(bigEndian) : rows;
  return png({ width: rows[0].length, depth, colorType: 0, rows: samples, orientation });
}

/**
 * Values [H, W] of an upright image as they lie in a file of an EXIF orientation.
 *
 * @param orientation 1 to 8
 */
function laidDown<T>(upright: readonly (readonly T[])[], orientation: number): T[][] {
  const [rows, columns] = SIDES[orientation - 1].split(' ');
  const [height, width] = [upright.length, upright[0].length];
  const isTurned = rows === 'left' || rows === 'right';
  const [tall, wide] = isTurned ? [width, height] : [height, width];
  const along = (side: string, i: number, length: number) =>
    side === 'top' || side === 'left' ? i : length - 1 - i;
  return Array.from({ length: tall }, (_, row) =>
    Array.from({ length: wide }, (_, column) => {
      const [a, b] = [along(rows, row, tall), along(columns, column, wide)];
      return isTurned ? upright[b][a] : upright[a][b];
    }),
  );
}

/** A chunk of a PNG file. */
export function pngChunk(type: string, data: Uint8Array): Buffer {
  const bytes = Buffer.alloc(12 + data.length);
  bytes.writeUInt32BE(data.length);
  bytes.write(type, 4, 'latin1');
  bytes.set(data, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, 8 + data.length)), 8 + data.length);
  return bytes;
}

/** A grey TIFF file of one row of 32-bit floats. */
export function floatTiff(values: readonly number[]): Buffer {
  const pixels = 8 + 2 + 12 * 10 + 4;
  const [SHORT, LONG] = [3, 4];
  const tags = [
    [256, SHORT, values.length], // width
    [257, SHORT, 1], // height
    [258, SHORT, 32], // bits a sample
    [259, SHORT, 1], // not compressed
    [262, SHORT, 1], // 0 is black
    [273, LONG, pixels],
    [277, SHORT, 1], // samples a pixel
    [278, SHORT, 1], // rows a strip
    [279, LONG, 4 * values.length],
    [339, SHORT, 3], // IEEE floating point
  ];
  const file = Buffer.concat([tiffOf(tags), Buffer.alloc(4 * values.length)]);
  for (const [i, value] of values.entries()) file.writeFloatLE(value, pixels + 4 * i);
  return file;
}

/** What a TIFF file says of itself: a list of [tag, type, value], in its first bytes. */
export function tiffOf(tags: readonly (readonly number[])[]): Buffer {
  const file = Buffer.alloc(8 + 2 + 12 * tags.length + 4);
  file.write('II*\0', 0, 'latin1');
  file.writeUInt32LE(8, 4);
  file.writeUInt16LE(tags.length, 8);
  for (const [i, [tag, type, value]] of tags.entries()) {
    file.writeUInt16LE(tag, 10 + 12 * i);
    file.writeUInt16LE(type, 12 + 12 * i);
    file.writeUInt32LE(1, 14 + 12 * i);
    file.writeUInt32LE(value, 18 + 12 * i);
  }
  return file;
}
