import type sharp from 'sharp';
import { GanError, messageOf } from '../errors';
import type { DecodedForm } from './decoded-form';
import type { ImageSize } from './image-size';
import type { ImageShape } from './image-spec';
import { type ImageFile, openImage, shownSize } from './open-image';
import { renderBytes, renderDeep } from './render-image';

/** The sharp module. */
export type Sharp = typeof sharp;

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
 * Decodes a JPEG, PNG, WebP, GIF, TIFF or BMP file, of animations and series the first image, into uint8 [C, H, W]: in sRGB by the profile in
 * it, turned as its EXIF orientation says, and scaled with a Lanczos filter that is centred however it grows ({@link enlarge}). Transparent parts are laid on white unless there is a channel for
 * alpha; alpha is straight, not premultiplied. Grey is luma (Rec. 601). Damaged profiles and EXIF are taken for none. Runs in sharp's threads.
 * @throws ERR_BAD_IMAGE, naming the file, when it is no such image, is damaged or truncated, or has over 67 million pixels.
 */
export function decodeImage(load: Sharp, path: string, form: DecodedForm): Promise<Uint8Array> {
  return naming(path, async () => renderBytes(await openImage(load, path), form));
}

/**
 * Decodes the halves of an image with two beside each other, as {@link decodeImage} would each, into uint8 [2 · C, H, W], left before right.
 * @throws ERR_BAD_IMAGE as `decodeImage`, and for an image of odd width.
 */
export function decodeHalves(load: Sharp, path: string, form: DecodedForm): Promise<Uint8Array> {
  return naming(path, async () => {
    const opened = await openImage(load, path);
    const { height, width } = await shownSize(opened);
    if (width % 2 !== 0)
      throw new Error(`two images side by side are expected, but its width, ${width}, is odd`);
    const half = { width: width / 2, height, top: 0 };
    const halves = [0, half.width].map((left) => {
      const image = opened.image.clone().extract({ ...half, left });
      return renderBytes({ ...opened, image, size: half, plain: null }, form);
    });
    return Buffer.concat(await Promise.all(halves));
  });
}

/** An image as it is in its file. */
export interface WholeImage<T extends Uint8Array | Uint16Array = Uint8Array> extends ImageSize {
  /** uint8 or uint16 [C, H, W] */
  readonly pixels: T;
}

/**
 * Decodes an image at its own size, else as {@link decodeImage}.
 * @throws ERR_BAD_IMAGE as `decodeImage`
 */
export function decodeWhole(
  load: Sharp,
  file: ImageFile,
  channels: ImageShape['channels'],
): Promise<WholeImage> {
  return naming(file, async () => {
    const opened = await openImage(load, file);
    const size = await shownSize(opened);
    return { ...size, pixels: await renderBytes(opened, { channels, ...size, fit: 'stretch' }) };
  });
}

/**
 * Decodes an image as {@link decodeWhole}, and one of 16 bits a channel without losing any of them, into uint16.
 * @throws ERR_BAD_IMAGE as `decodeImage`
 */
export function decodeDeep(
  load: Sharp,
  file: ImageFile,
  channels: ImageShape['channels'],
): Promise<WholeImage<Uint8Array | Uint16Array>> {
  return naming(file, async () => {
    const opened = await openImage(load, file);
    const size = await shownSize(opened);
    if (opened.bits === 16) return { ...size, pixels: await renderDeep(opened, channels) };
    return { ...size, pixels: await renderBytes(opened, { channels, ...size, fit: 'stretch' }) };
  });
}

/**
 * The size that {@link decodeWhole} will give, by what the file says of itself.
 * @throws ERR_BAD_IMAGE as `decodeImage`, but not for pixels that are damaged or missing
 */
export function measureImage(load: Sharp, file: ImageFile): Promise<ImageSize> {
  return naming(file, async () => shownSize(await openImage(load, file)));
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
  const [opened, own] = await naming(path, async () => {
    const found = await openImage(load, path);
    const size = await shownSize(found);
    if (found.plain) return [found, { ...size, channels: found.plain.channels }] as const;
    const { channels, space } = await found.metadata();
    // Inks become colours.
    return [found, { ...size, channels: space === 'cmyk' ? channels - 1 : channels }] as const;
  });
  const form = formOf(own);
  return naming(path, async () => ({ own, pixels: await renderBytes(opened, form) }));
}

async function naming<T>(file: ImageFile, decode: () => Promise<T>): Promise<T> {
  try {
    return await decode();
  } catch (error) {
    const lines = new Set(messageOf(error).split('\n'));
    const name = typeof file === 'string' ? file : file.name;
    throw new GanError('ERR_BAD_IMAGE', `${name} is not a readable image: ${[...lines].join('; ')}`);
  }
}
