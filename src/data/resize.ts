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

/** For each output place: the first input place it takes from, and `taps` weights from there on that sum to 1. */
interface Filter {
  readonly first: Int32Array;
  readonly weights: Float64Array;
  readonly taps: number;
}

/** The triangle filter from `from` to `to` places, as wide as one input place, or one output place if that is wider. */
function triangle(from: number, to: number): Filter {
  const scale = from / to;
  const support = Math.max(1, scale);
  const taps = Math.min(from, Math.ceil(2 * support));
  const first = new Int32Array(to);
  const weights = new Float64Array(to * taps);
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale;
    first[i] = Math.max(0, Math.min(from - taps, Math.ceil(centre - support - 0.5)));
    const raw = Array.from({ length: taps }, (_, k) =>
      Math.max(0, 1 - Math.abs(first[i] + k + 0.5 - centre) / support),
    );
    const sum = raw.reduce((a, b) => a + b, 0);
    weights.set(
      raw.map((weight) => weight / sum),
      i * taps,
    );
  }
  return { first, weights, taps };
}

function filtering({ pixels, channels, from, to }: Resizing): DrawImage {
  const filter = triangle(from, to);
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

/** Filters each of `rows` rows of `source` and writes it as a column of `target`, so that twice gives both directions. */
function filterTransposed(
  source: Float64Array,
  target: Float64Array,
  { first, weights, taps, rows }: Filter & { rows: number },
): void {
  const from = source.length / rows;
  const to = target.length / rows;
  for (let x = 0; x < to; x++) {
    // Enlarging has two taps: kept out of the inner loop, they take half the time.
    const near = weights[x * taps];
    const far = taps > 1 ? weights[x * taps + 1] : 0;
    for (let row = 0; row < rows; row++) {
      const start = row * from + first[x];
      let sum = near * source[start] + far * source[start + 1];
      for (let k = 2; k < taps; k++) sum += weights[x * taps + k] * source[start + k];
      target[x * rows + row] = sum;
    }
  }
}
