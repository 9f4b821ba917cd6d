import { writeFile } from 'node:fs/promises';
import { applyPalette, GIFEncoder, quantize } from 'gifenc';
import { GanError } from '../errors';
import { arrayName, isBytes } from './bytes';
import type { Picture } from './png';
import { writeWhole } from './whole-file';

/** How an animation plays. */
export interface GifOptions {
  /** Milliseconds that a picture is seen (80). */
  readonly delay?: number;
}

/** The most colours a picture of a GIF can have. */
const COLOURS = 256;
/** The longest side that the format can tell. */
const MOST = 0xffff;

/**
 * The bytes of an endless GIF animation. Grey pictures are kept as they are; those in colour get the 256 colours each that fit best. Alpha, of
 * which the format knows all or nothing, lays its picture on white.
 *
 * @throws GanError `ERR_BAD_GIF` for no pictures, pictures of different sizes, or pixels that are no bytes or too few
 */
export function encodeGif(pictures: readonly Picture[], { delay = 80 }: GifOptions = {}): Uint8Array {
  const [first] = pictures;
  if (first === undefined) throw badGif('at least one picture, but got none');
  const { width, height, channels } = first;
  if (width > MOST || height > MOST) throw badGif(`pictures of at most ${MOST} a side`);
  const encoder = GIFEncoder();
  for (const [i, picture] of pictures.entries()) {
    if (picture.width !== width || picture.height !== height || picture.channels !== channels)
      throw badGif(`pictures of one size, but number ${i} differs from the first`);
    if (!isBytes(picture.pixels))
      throw badGif(
        `pixels as bytes in a Uint8Array, but those of number ${i} are ${arrayName(picture.pixels)}`,
      );
    const size = width * height * channels;
    if (picture.pixels.length !== size)
      throw badGif(`${size} pixel values a picture, but number ${i} has ${picture.pixels.length}`);
    const opaque = onWhite(picture);
    const { palette, index } = opaque.channels === 1 ? greys(opaque) : colours(opaque);
    // Of grey pictures all share the first one's palette.
    const own = i === 0 || opaque.channels === 3 ? { palette } : {};
    encoder.writeFrame(index, width, height, { ...own, delay, ...(i === 0 && { repeat: 0 }) });
  }
  encoder.finish();
  return encoder.bytes();
}

/**
 * Writes an animation.
 *
 * @throws GanError as {@link encodeGif}; `ERR_CANNOT_WRITE` when the file cannot be written
 */
export async function writeGif(
  file: string,
  pictures: readonly Picture[],
  options?: GifOptions,
): Promise<void> {
  const bytes = encodeGif(pictures, options);
  await writeWhole(file, (partial) => writeFile(partial, bytes));
}

function onWhite(picture: Picture): Picture {
  const { channels, pixels } = picture;
  if (channels === 1 || channels === 3) return picture;
  const colours = channels === 2 ? 1 : 3;
  const opaque = new Uint8Array((pixels.length / channels) * colours);
  for (let from = 0, to = 0; from < pixels.length; from += channels)
    for (let channel = 0; channel < colours; channel++)
      opaque[to++] = Math.round(255 + ((pixels[from + channel] - 255) * pixels[from + colours]) / 255);
  return { ...picture, channels: colours, pixels: opaque };
}

function greys({ pixels }: Picture) {
  return {
    palette: Array.from({ length: COLOURS }, (_, level) => [level, level, level]),
    index: pixels,
  };
}

function colours({ pixels }: Picture) {
  const rgba = new Uint8Array((pixels.length / 3) * 4).fill(255);
  for (let from = 0, to = 0; from < pixels.length; from += 3, to += 4)
    for (let channel = 0; channel < 3; channel++) rgba[to + channel] = pixels[from + channel];
  const palette = quantize(rgba, COLOURS);
  return { palette, index: applyPalette(rgba, palette) };
}

function badGif(expected: string): GanError {
  return new GanError('ERR_BAD_GIF', `GIF: expected ${expected}`);
}
