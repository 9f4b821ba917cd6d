import { readFile, stat } from 'node:fs/promises';
import type sharp from 'sharp';
import { GanError, messageOf } from '../errors';
import { decodeBmp } from './bmp';
import { formatOf } from './image-formats';
import type { ImageSize } from './image-size';
import { hasAlpha, type ImageShape } from './image-spec';
import { luma } from './luma';

/** The sharp module. */
export type Sharp = typeof sharp;

/**
 * How an image is brought to another shape: `crop` covers it and cuts the middle out, `pad` fits the whole image in, with a margin that
 * is white, or transparent where there is alpha, and `stretch` changes its proportions.
 */
export type Fit = 'crop' | 'pad' | 'stretch';

/** What images are decoded to. */
export interface DecodedForm extends ImageShape {
  readonly fit: Fit;
}

/** {@link Fit} in CSS's words, which are sharp's. */
const OBJECT_FIT = { crop: 'cover', pad: 'contain', stretch: 'fill' } as const;

/** 8192 × 8192: larger images are refused before they are decoded. */
const MAX_PIXELS = 2 ** 26;
const MAX_FILE_BYTES = 2 ** 29;

/** Depths that become 8 bits without a guess; a file of floats does not say which value is white. */
const DEPTHS: readonly (string | undefined)[] = ['uchar', 'ushort'];

/**
 * Loads sharp, the optional package that decodes images.
 * @throws ERR_NO_SHARP with the command that installs it.
 */
export async function loadSharp(): Promise<Sharp> {
  try {
    return (await import('sharp')).default;
  } catch (error) {
    const why = messageOf(error).split('\n')[0];
    throw new GanError(
      'ERR_NO_SHARP',
      `image folders need the package sharp, which could not be loaded (${why}); install it with: npm install sharp`,
      { cause: error },
    );
  }
}

/**
 * Decodes a JPEG, PNG, WebP, GIF, TIFF or BMP file, of animations and series the first image, into uint8 [C, H, W] in sRGB: turned as
 * its EXIF orientation says and scaled with a Lanczos filter. Transparent parts are laid on white unless there is a channel for
 * alpha; alpha is straight, not premultiplied. Grey is {@link luma}. Runs in sharp's threads.
 * @throws ERR_BAD_IMAGE, naming the file, when it is no such image, is damaged or truncated, or has over 67 million pixels.
 */
export function decodeImage(load: Sharp, path: string, form: DecodedForm): Promise<Uint8Array> {
  return naming(path, async () => render(await openImage(load, path), form));
}

/**
 * Decodes the halves of an image with two beside each other, as {@link decodeImage} would each, into uint8 [2 · C, H, W], left before right.
 * @throws ERR_BAD_IMAGE as `decodeImage`, and for an image of odd width.
 */
export function decodeHalves(load: Sharp, path: string, form: DecodedForm): Promise<Uint8Array> {
  return naming(path, async () => {
    const image = await openImage(load, path);
    const { height, width } = await shownSize(image);
    if (width % 2 !== 0)
      throw new Error(`two images side by side are expected, but its width, ${width}, is odd`);
    const half = { width: width / 2, height, top: 0 };
    const halves = [0, half.width].map((left) => render(image.clone().extract({ ...half, left }), form));
    return Buffer.concat(await Promise.all(halves));
  });
}

/** An image as it is in its file. */
export interface WholeImage extends ImageSize {
  /** uint8 [C, H, W] */
  readonly pixels: Uint8Array;
}

/**
 * Decodes an image at its own size, else as {@link decodeImage}.
 * @throws ERR_BAD_IMAGE as `decodeImage`
 */
export function decodeWhole(
  load: Sharp,
  path: string,
  channels: ImageShape['channels'],
): Promise<WholeImage> {
  return naming(path, async () => {
    const image = await openImage(load, path);
    const size = await shownSize(image);
    return { ...size, pixels: await render(image, { channels, ...size, fit: 'stretch' }) };
  });
}

/**
 * The size that {@link decodeWhole} will give, by what the file says of itself.
 * @throws ERR_BAD_IMAGE as `decodeImage`, but not for pixels that are damaged or missing
 */
export function measureImage(load: Sharp, path: string): Promise<ImageSize> {
  return naming(path, async () => shownSize(await openImage(load, path)));
}

/** An image brought into a form, and what it was in its file. */
export interface FormedImage {
  /** uint8 [C, H, W] */
  readonly pixels: Uint8Array;
  readonly own: ImageShape;
}

/**
 * Decodes an image, as {@link decodeImage}, into a form that depends on its own.
 *
 * @param formOf may refuse the image by throwing; a grey image has one channel, one with transparency a channel more
 * @throws ERR_BAD_IMAGE as `decodeImage`, and what `formOf` throws
 */
export async function decodeFormed(
  load: Sharp,
  path: string,
  formOf: (own: ImageShape) => DecodedForm,
): Promise<FormedImage> {
  const [image, own] = await naming(path, async () => {
    const opened = await openImage(load, path);
    const [size, { channels }] = [await shownSize(opened), await opened.metadata()];
    return [opened, { ...size, channels }] as const;
  });
  const form = formOf(own);
  return naming(path, async () => ({ own, pixels: await render(image, form) }));
}

/** Of an image as it is to be looked at. */
async function shownSize(image: sharp.Sharp): Promise<ImageSize> {
  const { autoOrient } = await image.metadata();
  return { height: autoOrient.height, width: autoOrient.width };
}

async function naming<T>(path: string, decode: () => Promise<T>): Promise<T> {
  try {
    return await decode();
  } catch (error) {
    const lines = new Set(messageOf(error).split('\n'));
    throw new GanError('ERR_BAD_IMAGE', `${path} is not a readable image: ${[...lines].join('; ')}`);
  }
}

async function openImage(load: Sharp, path: string): Promise<sharp.Sharp> {
  const { size } = await stat(path);
  if (size > MAX_FILE_BYTES) throw new Error(`${size} bytes are more than the ${MAX_FILE_BYTES} allowed`);
  const bytes = await readFile(path);
  const format = formatOf(bytes);
  if (format === 'bmp') {
    const { data, ...raw } = decodeBmp(bytes, { maxPixels: MAX_PIXELS });
    return load(data, { raw });
  }
  const image = load(bytes, { autoOrient: true, failOn: 'error', limitInputPixels: MAX_PIXELS });
  if (format === 'tiff') {
    const { depth } = await image.metadata();
    if (!DEPTHS.includes(depth))
      throw new Error(`its pixels are of the type ${depth}: save it with 8 or 16 bits`);
  }
  return image;
}

async function render(
  image: sharp.Sharp,
  { channels, height, width, fit }: DecodedForm,
): Promise<Uint8Array> {
  const keepsAlpha = hasAlpha(channels);
  const background = { r: 255, g: 255, b: 255, alpha: keepsAlpha ? 0 : 1 };
  const sized = image
    .resize(width, height, { fit: OBJECT_FIT[fit], kernel: 'lanczos3', background })
    .toColourspace('srgb');
  const formed = keepsAlpha ? sized.ensureAlpha() : sized.flatten({ background: 'white' });
  const { data, info } = await formed.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  return planar(data, { from: info.channels, channels, area: height * width });
}

/** Interleaved RGB or RGBA, [H, W, from], → planes [channels, H, W]. */
function planar(
  data: Uint8Array,
  { from, channels, area }: { from: number; channels: number; area: number },
): Uint8Array {
  const planes = new Uint8Array(channels * area);
  const isGrey = channels < 3;
  if (isGrey)
    for (let i = 0, at = 0; i < area; i++, at += from) planes[i] = luma(data[at], data[at + 1], data[at + 2]);
  for (let c = isGrey ? 1 : 0; c < channels; c++) {
    const source = isGrey ? from - 1 : c;
    for (let i = 0; i < area; i++) planes[c * area + i] = data[i * from + source];
  }
  return planes;
}
