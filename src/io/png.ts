import { readFile, writeFile } from 'node:fs/promises';
import { inflateSync } from 'node:zlib';
import { PNG } from 'pngjs';
import { pathText } from '../check';
import { GanError, messageOf } from '../errors';
import { arrayName, isBytes } from './bytes';
import { readError } from './file-error';
import { writeWhole } from './whole-file';

/** 1 is grey, 2 grey and alpha, 3 RGB, 4 RGBA; alpha is straight, not premultiplied. */
export type PictureChannels = 1 | 2 | 3 | 4;

/** An image of bytes: rows from top to bottom, the channels of a pixel beside each other. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: PictureChannels;
  /** height · width · channels values from 0 to 255. */
  readonly pixels: Uint8Array;
}

/** A {@link Picture} of 16 bits a channel. */
export interface DeepPicture extends Omit<Picture, 'pixels'> {
  /** height · width · channels values from 0 to 65535. */
  readonly pixels: Uint16Array;
}

/** The most pixels a picture may have, unless the caller says otherwise (8192 × 8192). */
export const MAX_PIXELS = 1 << 26;

/** The longest side: pngjs computes the bits of a row in 32 bits. */
const MAX_SIDE = 1 << 16;

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const HEADER_BYTES = 13;
/** PNG's colour types by channels. */
const COLOUR_TYPE = { 1: 0, 2: 4, 3: 2, 4: 6 } as const;
/** Samples a pixel has in the file, by colour type. */
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/**
 * The bytes of a PNG file, grey or RGB, with alpha or without, of 8 bits a channel or, where its pixels have them, of 16.
 *
 * @throws GanError `ERR_BAD_PNG` when the pixels are no bytes, or the sizes do not fit together or are over 2²⁶ pixels
 */
export function encodePng({ width, height, channels, pixels }: Picture | DeepPicture): Uint8Array {
  checkPixels(pixels);
  checkSize({ width, height, maxPixels: MAX_PIXELS, name: 'the picture' });
  const size = width * height * channels;
  if (pixels.length !== size)
    throw badPng(
      'the picture',
      `${width} × ${height} × ${channels} takes ${size} ${pixels instanceof Uint16Array ? 'values' : 'bytes'}, but ${pixels.length} came`,
    );
  const png = new PNG();
  png.width = width;
  png.height = height;
  // Of 16 bits pngjs takes what lies in the memory, from its start on.
  const { buffer, byteOffset, byteLength } = pixels instanceof Uint16Array ? pixels.slice() : pixels;
  png.data = Buffer.from(buffer, byteOffset, byteLength);
  const colorType = COLOUR_TYPE[channels];
  return PNG.sync.write(png, {
    bitDepth: pixels instanceof Uint16Array ? 16 : 8,
    colorType,
    inputColorType: colorType,
    inputHasAlpha: channels === 2 || channels === 4,
  });
}

/**
 * Writes a picture as a PNG file.
 *
 * @returns the file's bytes
 * @throws GanError `ERR_BAD_PNG` as {@link encodePng}, `ERR_CANNOT_WRITE` when the file cannot be written
 */
export async function writePng(file: string, picture: Picture | DeepPicture): Promise<Uint8Array> {
  pathText('writePng', file);
  const bytes = encodePng(picture);
  await writeWhole(file, (partial) => writeFile(partial, bytes));
  return bytes;
}

/**
 * Decodes the bytes of a PNG file to 8 bits a channel: grey stays grey, everything else becomes RGB, with alpha where the file has
 * any transparency, be it that of a palette or of one colour.
 * The sizes are checked before anything is decoded, so a small file that claims to be huge costs nothing.
 *
 * @param options.name what errors call the file
 * @param options.maxPixels the most pixels accepted (2²⁶)
 * @throws GanError `ERR_BAD_PNG` when it is no PNG, damaged, interlaced or too large
 */
export function decodePng(
  bytes: Uint8Array,
  options: { readonly name?: string; readonly maxPixels?: number } = {},
): Picture {
  const { name = 'the PNG', maxPixels = MAX_PIXELS } = options;
  checkFile(bytes, { name, maxPixels });
  let png: ReturnType<typeof PNG.sync.read>;
  try {
    png = PNG.sync.read(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  } catch (error) {
    throw badPng(name, `${messageOf(error)}: it is damaged or cut off`);
  }
  const { width, height } = png;
  // Of the four values that pngjs gives a pixel.
  const taken = [...(png.color ? [0, 1, 2] : [0]), ...(png.alpha ? [3] : [])];
  const pixels = new Uint8Array(width * height * taken.length);
  for (let from = 0, to = 0; to < pixels.length; from += 4)
    for (const channel of taken) pixels[to++] = png.data[from + channel];
  return { width, height, channels: taken.length as PictureChannels, pixels };
}

/**
 * Reads a PNG file, see {@link decodePng}.
 *
 * @throws GanError `ERR_BAD_PNG` as {@link decodePng}, `ERR_CANNOT_READ` when the file cannot be read
 */
export async function readPng(file: string, options: { readonly maxPixels?: number } = {}): Promise<Picture> {
  pathText('readPng', file);
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (error) {
    throw readError(file, error);
  }
  return decodePng(bytes, { ...options, name: file });
}

/**
 * Checks what pngjs takes on trust: it believes the last header it meets, inflates interlaced data without a bound, and
 * invents the pixels that are missing.
 */
function checkFile(bytes: Uint8Array, options: { name: string; maxPixels: number }): void {
  const { name, maxPixels } = options;
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!file.subarray(0, 8).equals(SIGNATURE))
    throw badPng(name, 'expected the 8 bytes that begin every PNG file');
  const data: Buffer[] = [];
  for (const { type, content, at } of chunks(file)) {
    if ((type === 'IHDR') !== (at === 8)) throw badPng(name, 'expected one IHDR chunk, before all others');
    if (type === 'IDAT') data.push(content);
  }
  if (file.length < 16 + HEADER_BYTES || file.readUInt32BE(8) !== HEADER_BYTES)
    throw badPng(name, `expected an IHDR chunk of ${HEADER_BYTES} bytes: it is damaged or cut off`);
  const [width, height] = [file.readUInt32BE(16), file.readUInt32BE(20)];
  checkSize({ width, height, maxPixels, name });
  if (file[28] !== 0) throw badPng(name, 'interlaced PNG files are not read: save it without interlacing');
  const rowBytes = 1 + Math.ceil((width * file[24] * (CHANNELS[file[25]] ?? 1)) / 8);
  checkInflates(Buffer.concat(data), { name, size: rowBytes * height });
}

function* chunks(file: Buffer): Generator<{ type: string; content: Buffer; at: number }> {
  for (let at = 8; at + 12 <= file.length; at += 12 + file.readUInt32BE(at))
    yield {
      type: file.toString('latin1', at + 4, at + 8),
      content: file.subarray(at + 8, at + 8 + file.readUInt32BE(at)),
      at,
    };
}

function checkInflates(data: Buffer, options: { name: string; size: number }): void {
  const { name, size } = options;
  let inflated: number;
  try {
    inflated = inflateSync(data, { maxOutputLength: size }).length;
  } catch (error) {
    throw badPng(
      name,
      `its pixels should take ${size} bytes, but ${messageOf(error)}: it is damaged or cut off`,
    );
  }
  if (inflated !== size)
    throw badPng(
      name,
      `its pixels should take ${size} bytes, but ${inflated} came: it is damaged or cut off`,
    );
}

function checkPixels(pixels: unknown): void {
  if (isBytes(pixels) || pixels instanceof Uint16Array) return;
  throw badPng('the picture', `expected its pixels as bytes in a Uint8Array, but got ${arrayName(pixels)}`);
}

function checkSize(size: { width: number; height: number; maxPixels: number; name: string }): void {
  const { width, height, maxPixels, name } = size;
  if (!Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1)
    throw badPng(name, `expected a width and a height of at least 1, but got ${width} × ${height}`);
  if (width > MAX_SIDE || height > MAX_SIDE || width * height > maxPixels)
    throw badPng(
      name,
      `expected at most ${maxPixels} pixels, ${MAX_SIDE} a side, but it has ${width} × ${height}`,
    );
}

function badPng(name: string, problem: string): GanError {
  return new GanError('ERR_BAD_PNG', `bad PNG ${name}: ${problem}`);
}
