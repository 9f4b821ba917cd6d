import type { Stats } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import type sharp from 'sharp';
import { decodeBmp } from './bmp';
import { formatOf } from './image-formats';
import type { ImageSize } from './image-size';
import { type PlainPng, plainPng } from './plain-png';

/** An image file that is ready to be decoded. */
export interface OpenImage {
  /** Turned upright when it is decoded. */
  readonly image: sharp.Sharp;
  /** What the file says of itself, read once however often it is asked. */
  readonly metadata: () => Promise<sharp.Metadata>;
  /** Of each channel in the file. */
  readonly bits: 8 | 16;
  /** It has grey alone, and a profile that makes colours of sRGB of it: to be decoded as grey. */
  readonly profiledGrey: boolean;
  /** Its size as it is to be looked at, of a part of an image (what the file says). */
  readonly size?: ImageSize;
  /** Its pixels, where it is a small PNG with nothing beside them. */
  readonly plain: PlainPng | null;
}

/** 8192 × 8192: larger images are refused before they are decoded. */
const MAX_PIXELS = 2 ** 26;
const MAX_FILE_BYTES = 2 ** 29;

/** An image file: its path, or its bytes with what errors call them. */
export type ImageFile = string | { readonly name: string; readonly bytes: Uint8Array };

/**
 * Opens a JPEG, PNG, WebP, GIF, TIFF or BMP file. Its colours become those of sRGB by the profile in it when it is decoded; a damaged profile is
 * taken for none.
 * @throws Error saying why it cannot be decoded, as far as its headers tell
 */
export async function openImage(load: typeof sharp, file: ImageFile): Promise<OpenImage> {
  const bytes = typeof file === 'string' ? await readImage(file) : Buffer.from(file.bytes);
  const format = formatOf(bytes);
  if (format === 'bmp') {
    const { data, ...raw } = decodeBmp(bytes, { maxPixels: MAX_PIXELS });
    const image = load(data, { raw });
    return { image, metadata: once(image), bits: 8, profiledGrey: false, plain: null };
  }
  const options = { autoOrient: true, failOn: 'error', limitInputPixels: MAX_PIXELS } as const;
  const image = load(bytes, options);
  const metadata = once(image);
  const bytewise = { image, metadata, bits: 8, profiledGrey: false } as const;
  const plain = format === 'png' ? plainPng(bytes) : null;
  if (plain || (format !== 'png' && format !== 'tiff')) return { ...bytewise, plain };
  const { depth, space, icc } = await metadata();
  if (depth === 'uchar') return { ...bytewise, plain };
  // A file of floats does not say which value is white.
  if (depth !== 'ushort') throw new Error(`its pixels are of the type ${depth}: save it with 8 or 16 bits`);
  // Left to itself, sharp makes Display P3's numbers of images of 16 bits that have a profile.
  const raw = load(bytes, { ...options, ignoreIcc: true });
  if (icc === undefined || !isProfile(icc))
    return { image: raw, metadata, bits: 16, profiledGrey: false, plain };
  return { image: raw.withIccProfile('srgb'), metadata, bits: 16, profiledGrey: space === 'grey16', plain };
}

async function readImage(path: string): Promise<Buffer> {
  const found = await stat(path);
  // Who opens a pipe that nobody writes to waits for ever.
  if (!found.isFile()) throw new Error(`a file is expected, but it is ${kindOf(found)}`);
  const { size } = found;
  if (size > MAX_FILE_BYTES) throw new Error(`${size} bytes are more than the ${MAX_FILE_BYTES} allowed`);
  return readFile(path);
}

/** What it is that is no file. */
function kindOf(found: Stats): string {
  if (found.isDirectory()) return 'a folder';
  if (found.isFIFO()) return 'a pipe';
  return found.isSocket() ? 'a socket' : 'a device';
}

/** Each reading goes through sharp's threads, which for a small image costs as much as its pixels. */
function once(image: sharp.Sharp): OpenImage['metadata'] {
  let known: Promise<sharp.Metadata> | undefined;
  return () => {
    known ??= image.metadata();
    return known;
  };
}

/** The size of an image as it is to be looked at. */
export async function shownSize({ metadata, plain, size }: OpenImage): Promise<ImageSize> {
  if (size) return size;
  if (plain) return { height: plain.height, width: plain.width };
  const { autoOrient } = await metadata();
  return { height: autoOrient.height, width: autoOrient.width };
}

/** Bytes of an ICC profile's header, and of each line in the table of tags that follows. */
const [HEADER, LINE] = [128, 12];

/** Whether bytes are an ICC profile, as far as its header and the table of its tags tell. */
function isProfile(icc: Buffer): boolean {
  if (icc.length < HEADER + 4 || icc.toString('latin1', 36, 40) !== 'acsp') return false;
  const tags = icc.readUInt32BE(HEADER);
  const end = HEADER + 4 + LINE * tags;
  if (tags === 0 || end > icc.length) return false;
  return Array.from({ length: tags }, (_, i) => HEADER + 4 + LINE * i).every(
    (at) => icc.readUInt32BE(at + 4) + icc.readUInt32BE(at + 8) <= icc.length,
  );
}
