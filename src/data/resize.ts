import { filterOf, filterTransposed, TRIANGLE } from './filter';
import type { DrawImage } from './pixels';

/** Square images of one size (at least 2), uint8 [N, C, from, from], to be delivered at `to` × `to`. */
export interface Resizing {
  readonly pixels: Uint8Array;
  readonly channels: number;
  readonly from: number;
  readonly to: number;
  /** Surround with background (0) instead of stretching while the margin stays below 1/14 of the image a side: 28 → 32. */
  readonly pad?: boolean;
}

/**
 * A function that draws image i of `pixels` at the new size. Slight growth pads where `pad` allows it, so that MNIST at 32 keeps its
 * pixels as they are (common practice since LeNet-5); any other change is bilinear, with the filter widened when shrinking
 * (antialiased), as PyTorch's `interpolate(mode='bilinear', antialias=True)` does.
 */
export function resizeImages(resizing: Resizing): DrawImage {
  const { from, to, pad } = resizing;
  return pad && to >= from && to <= (from * 8) / 7 ? padding(resizing) : filtering(resizing);
}

function padding({ pixels, channels, from, to }: Resizing): DrawImage {
  const margin = Math.floor((to - from) / 2);
  return (index, target, offset) => {
    for (let row = 0; row < channels * from; row++) {
      const source = (index * channels * from + row) * from;
      const plane = Math.floor(row / from);
      const at = offset + (plane * to + margin + (row % from)) * to + margin;
      target.set(pixels.subarray(source, source + from), at);
    }
  };
}

function filtering({ pixels, channels, from, to }: Resizing): DrawImage {
  const filter = filterOf(TRIANGLE, { from, to });
  const plane = {
    source: new Float64Array(from * from),
    wide: new Float64Array(to * from),
    out: new Float64Array(to * to),
  };
  return (index, target, offset) => {
    for (let c = 0; c < channels; c++) {
      const start = (index * channels + c) * from * from;
      for (let i = 0; i < from * from; i++) plane.source[i] = pixels[start + i];
      filterTransposed(plane.source, plane.wide, { ...filter, rows: from });
      filterTransposed(plane.wide, plane.out, { ...filter, rows: to });
      const at = offset + c * to * to;
      for (let i = 0; i < to * to; i++) target[at + i] = plane.out[i] + 0.5;
    }
  };
}
