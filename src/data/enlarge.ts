import type { Fit } from './decoded-form';
import { filterOf, filterTransposed, LANCZOS3, type Sampling } from './filter';
import type { ImageSize } from './image-size';
import { hasAlpha } from './image-spec';

/** An image that is brought to another size. */
export interface Enlarging {
  readonly from: ImageSize;
  readonly to: ImageSize;
  readonly fit: Fit;
}

/** Whether pixels are to be made between those of an image, along either axis. */
export function grows({ from, to, fit }: Enlarging): boolean {
  const factors = [to.height / from.height, to.width / from.width];
  return fit === 'pad' ? Math.min(...factors) > 1 : Math.max(...factors) > 1;
}

/**
 * An image at a size of which no axis is smaller, uint8 [C, H, W], by a Lanczos filter whose centre is that of the image: libvips’s, when it enlarges, lies half a
 * pixel beside it. Colours are weighed by their alpha. With `pad` what is around it is white, and transparent where there is alpha.
 */
export function enlarge(pixels: Uint8Array, { from, to, fit }: Enlarging): Uint8Array {
  const channels = pixels.length / (from.height * from.width);
  const [rows, columns] = axes({ from, to, fit });
  const inner = { height: rows.to, width: columns.to };
  const planes = Array.from({ length: channels }, (_, c) => planeOf(pixels, c, channels));
  const made = planes.map((plane) => filtered(plane, rows, columns));
  const area = to.height * to.width;
  const result = new Uint8Array(channels * area).fill(255);
  const alpha = hasAlpha(channels) ? made[channels - 1].map(inBytes) : null;
  if (alpha) result.fill(0, (channels - 1) * area);
  const top = Math.floor((to.height - inner.height) / 2);
  const left = Math.floor((to.width - inner.width) / 2);
  for (const [c, plane] of made.entries()) {
    const isColour = alpha !== null && c < channels - 1;
    for (let i = 0; i < plane.length; i++) {
      const at = (top + Math.floor(i / inner.width)) * to.width + left + (i % inner.width);
      const value = isColour ? (alpha[i] === 0 ? 0 : (plane[i] * 255) / alpha[i]) : plane[i];
      result[c * area + at] = inBytes(value) + 0.5;
    }
  }
  return result;
}

/** Rows and columns to be made: with `crop` those in the middle of more, with `pad` fewer than there is room for. */
function axes({ from, to, fit }: Enlarging): [rows: Sampling, columns: Sampling] {
  const factors = [to.height / from.height, to.width / from.width];
  const factor = fit === 'crop' ? Math.max(...factors) : Math.min(...factors);
  const axis = (own: number, wanted: number): Sampling => {
    if (fit === 'stretch') return { from: own, to: wanted };
    const whole = own * factor;
    if (fit === 'pad') return { from: own, to: Math.min(wanted, Math.round(whole)) };
    return { from: own, to: wanted, scale: 1 / factor, offset: (whole - wanted) / 2 };
  };
  return [axis(from.height, to.height), axis(from.width, to.width)];
}

/** One channel, of a colour times its alpha. */
function planeOf(pixels: Uint8Array, channel: number, channels: number): Float64Array {
  const area = pixels.length / channels;
  const plane = Float64Array.from(pixels.subarray(channel * area, (channel + 1) * area));
  if (!hasAlpha(channels) || channel === channels - 1) return plane;
  const cover = pixels.subarray((channels - 1) * area);
  return plane.map((value, i) => (value * cover[i]) / 255);
}

function filtered(plane: Float64Array, rows: Sampling, columns: Sampling): Float64Array {
  const wide = new Float64Array(columns.to * rows.from);
  filterTransposed(plane, wide, { ...filterOf(LANCZOS3, columns), rows: rows.from });
  const out = new Float64Array(columns.to * rows.to);
  filterTransposed(wide, out, { ...filterOf(LANCZOS3, rows), rows: columns.to });
  return out;
}

/** Lanczos goes beyond what it is given at edges. */
function inBytes(value: number): number {
  return Math.min(255, Math.max(0, value));
}
