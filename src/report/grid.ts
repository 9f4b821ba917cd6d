import { GanError } from '../errors';
import { arrayName } from '../io/bytes';
import type { DeepPicture, Picture, PictureChannels } from '../io/png';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';

/** Images with values in [-1, 1], channel by channel. */
export interface ImageBatch {
  /** N · C · H · W values, row-major. */
  readonly values: Float32Array;
  /** [N, C, H, W]; C is 1 (grey), 2 (grey and alpha), 3 (RGB) or 4 (RGBA). */
  readonly shape: readonly number[];
}

/** How {@link sampleGrid} lays images out. */
export interface GridOptions {
  /** Images in a row (⌈√N⌉). */
  readonly columns?: number;
  /** Pixels around every image, black, or transparent where there is alpha (2). */
  readonly padding?: number;
  /** Makes every pixel a square of so many pixels a side (1). */
  readonly scale?: number;
  /** What is done about values that are not finite: an error, or black and white in their place, as for the grids of a training (refuse). */
  readonly nonFinite?: 'refuse' | 'clamp';
}

/**
 * Tiles images into one picture, row by row: -1 becomes 0, 1 becomes 255, `round(127.5 · (x + 1))` between them. Values
 * outside [-1, 1] are clamped. The places after the last image are like the padding.
 *
 * ```ts
 * await writePng('grid.png', sampleGrid(model.run({ count: 16, seed: 7 })));
 * ```
 *
 * @param given images [N, C, H, W]; a tensor may be on any device, and stays the caller’s
 * @throws GanError `ERR_BAD_IMAGES` when shape, values and options do not fit together, and naming an image that holds NaN or infinity
 */
export function sampleGrid(given: ImageBatch | Tensor, options: GridOptions = {}): Picture {
  const images = onHost(given);
  const [count, channels, height, width] = checkBatch(images);
  const { columns = Math.ceil(Math.sqrt(count)), padding = 2, scale = 1, nonFinite = 'refuse' } = options;
  checkCount('columns', columns, 1);
  checkCount('padding', padding, 0);
  checkCount('scale', scale, 1);
  if (nonFinite === 'refuse') requireFinite(images);
  const across = Math.min(columns, count);
  const picture = blank({
    width: padding + across * (width * scale + padding),
    height: padding + Math.ceil(count / across) * (height * scale + padding),
    channels,
  });
  for (let image = 0; image < count; image++) {
    const left = padding + (image % across) * (width * scale + padding);
    const top = padding + Math.floor(image / across) * (height * scale + padding);
    drawImage(picture, { images, image, left, top, scale, level: toByte });
  }
  return picture;
}

/**
 * An image [1, C, H, W] as a picture of 16 bits a channel: `round(32767.5 · (x + 1))`, clamped as in {@link sampleGrid}.
 *
 * @throws GanError `ERR_BAD_IMAGES` as {@link sampleGrid}
 */
export function deepPicture(given: ImageBatch | Tensor): DeepPicture {
  const image = onHost(given);
  const [, channels, height, width] = checkBatch(image);
  requireFinite(image);
  const picture = { width, height, channels, pixels: new Uint16Array(image.values.length / image.shape[0]) };
  drawImage(picture, { images: image, image: 0, left: 0, top: 0, scale: 1, level: toDeep });
  return picture;
}

function onHost(images: ImageBatch | Tensor): ImageBatch {
  if ('values' in images) return images;
  const bytes = scope(() => images.float().toBytes());
  return { values: new Float32Array(bytes.buffer), shape: images.shape };
}

/** Where an image is drawn, and what becomes of its values. */
interface Place {
  readonly images: ImageBatch;
  readonly image: number;
  readonly left: number;
  readonly top: number;
  readonly scale: number;
  readonly level: (value: number) => number;
}

function drawImage(picture: Picture | DeepPicture, place: Place): void {
  const { images, image, left, top, scale, level } = place;
  const [, channels = 0, height = 0, width = 0] = images.shape;
  const plane = height * width;
  for (let y = 0; y < height * scale; y++) {
    const row = image * channels * plane + Math.floor(y / scale) * width;
    let to = ((top + y) * picture.width + left) * channels;
    for (let x = 0; x < width * scale; x++) {
      const from = row + Math.floor(x / scale);
      for (let channel = 0; channel < channels; channel++)
        picture.pixels[to++] = level(images.values[from + channel * plane]);
    }
  }
}

function toDeep(value: number): number {
  if (value <= -1) return 0;
  return value >= 1 ? 65535 : Math.floor(32767.5 * (value + 1) + 0.5);
}

function toByte(value: number): number {
  // NaN fails both comparisons and is stored as 0.
  if (value <= -1) return 0;
  return value >= 1 ? 255 : Math.floor(127.5 * (value + 1) + 0.5);
}

function blank(size: { width: number; height: number; channels: PictureChannels }): Picture {
  return { ...size, pixels: new Uint8Array(size.width * size.height * size.channels) };
}

function checkBatch({ values, shape }: ImageBatch): [number, PictureChannels, number, number] {
  const [count = 0, channels = 0, height = 0, width = 0] = shape;
  if (shape.length !== 4 || !shape.every((size) => Number.isInteger(size) && size > 0))
    throw bad(`a shape [N, C, H, W] without zeros, but got [${shape.join(', ')}]`);
  if (!isPictureChannels(channels)) throw bad(`1 to 4 channels, but got ${channels}`);
  const size = count * channels * height * width;
  if (!(values instanceof Float32Array))
    throw bad(`values from -1 to 1 in a Float32Array, but got ${arrayName(values)}`);
  if (values.length !== size) throw bad(`${size} values for [${shape.join(', ')}], but got ${values.length}`);
  return [count, channels, height, width];
}

/** @throws GanError `ERR_BAD_IMAGES` naming an image that holds NaN or infinity */
export function requireFinite({ values, shape }: ImageBatch): void {
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (wrong < 0) return;
  const image = Math.floor(wrong / (values.length / shape[0]));
  throw new GanError(
    'ERR_BAD_IMAGES',
    `expected finite images, but image ${image} holds ${values[wrong]}: look at the network that made it`,
  );
}

function isPictureChannels(channels: number): channels is PictureChannels {
  return channels >= 1 && channels <= 4;
}

function checkCount(name: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least)
    throw bad(`${name} to be a whole number of at least ${least}, but got ${value}`);
}

function bad(problem: string): GanError {
  return new GanError('ERR_BAD_IMAGES', `sample grid: expected ${problem}`);
}
