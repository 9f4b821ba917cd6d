import { UsageError } from '../../errors';
import type { Tensor } from '../../tensor/tensor';
import { type ResizeFilter, requireImages, resizeImages, resizeWords } from './resize-images';

/** The form in which a network takes images. */
export interface InputForm {
  /** What black and white become, or `uint8`: whole numbers from 0 to 255 ([-1, 1]). */
  readonly range?: readonly [number, number] | 'uint8';
  /** Height and width that images are resized to; absent = as they come. */
  readonly size?: number;
  /** (bilinear) */
  readonly filter?: ResizeFilter;
  /** 3: grey images are repeated; 1: grey images only; absent = as they come. */
  readonly channels?: 1 | 3;
}

/** Images float32 [N, C, H, W] in [−1, 1] in the form that a network takes. @throws UsageError for other images */
export function prepareImages(owner: string, images: Tensor, form: InputForm): Tensor {
  const { range = [-1, 1], size, filter, channels } = form;
  requireImages(owner, images, channelsOf(form));
  const sized = size === undefined ? images : resizeImages(images, { size, filter });
  const [count, given, height, width] = sized.shape;
  const coloured = channels === 3 && given === 1 ? sized.expand([count, 3, height, width]) : sized;
  if (range === 'uint8')
    return coloured.mul(127.5).add(127.5).round().clamp({ min: 0, max: 255 }).to({ dtype: 'uint8' });
  const [black, white] = range;
  if (black === -1 && white === 1) return coloured;
  return coloured.mul((white - black) / 2).add((white + black) / 2);
}

/** Channels of the images that may come in a form. */
export function channelsOf({ channels }: InputForm): readonly number[] {
  return channels === 1 ? [1] : [1, 3];
}

/** What is done about the size, and about colours that are not in [−1, 1] as images are, in words for protocols. */
export function formWords({ size, filter, range = [-1, 1] }: InputForm): string {
  const sized = size === undefined ? 'none: images as they come' : resizeWords({ size, filter });
  if (range === 'uint8') return `${sized}; from 0 to 255`;
  return `${range}` === '-1,1' ? sized : `${sized}; from ${range[0]} to ${range[1]}`;
}

/** Checks a form that came from outside. @throws UsageError naming the field */
export function requireForm(owner: string, form: InputForm): InputForm {
  const { range, size, filter, channels } = form;
  const wrong = (field: string, expected: string, received: unknown) =>
    new UsageError(`${owner}: expected ${field} to be ${expected} but received ${JSON.stringify(received)}`);
  const isPair = Array.isArray(range) && range.length === 2 && range.every((end) => Number.isFinite(end));
  if (range !== undefined && range !== 'uint8' && !isPair)
    throw wrong('range', '"uint8" or two numbers', range);
  if (size !== undefined && !(Number.isInteger(size) && size >= 1 && size <= 4096))
    throw wrong('size', 'an integer from 1 to 4096', size);
  if (filter !== undefined && filter !== 'bilinear' && filter !== 'bicubic')
    throw wrong('filter', '"bilinear" or "bicubic"', filter);
  if (channels !== undefined && channels !== 1 && channels !== 3) throw wrong('channels', '1 or 3', channels);
  return form;
}
