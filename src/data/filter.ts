/** For each output place: the first input place it takes from, and `taps` weights from there on that sum to 1. */
export interface Filter {
  readonly first: Int32Array;
  readonly weights: Float64Array;
  readonly taps: number;
}

/** Places along one axis of an image that are made of others. */
export interface Sampling {
  /** How many there are. */
  readonly from: number;
  /** How many are made. */
  readonly to: number;
  /** Input places that an output place is wide (from / to). */
  readonly scale?: number;
  /** Output places before the first (0). */
  readonly offset?: number;
}

/** A function of the distance in input places, 0 from `radius` on. */
export interface Kernel {
  readonly radius: number;
  readonly at: (distance: number) => number;
}

/** 1 − |x|: bilinear interpolation. */
export const TRIANGLE: Kernel = { radius: 1, at: (distance) => Math.max(0, 1 - Math.abs(distance)) };

/** sinc(x) · sinc(x / 3), with sinc(x) = sin(πx) / πx. */
export const LANCZOS3: Kernel = {
  radius: 3,
  at: (distance) => (Math.abs(distance) < 3 ? sinc(distance) * sinc(distance / 3) : 0),
};

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** The weights of a kernel, which is widened where an output place is wider than an input place. Beyond the edges there is nothing. */
export function filterOf(kernel: Kernel, { from, to, scale = from / to, offset = 0 }: Sampling): Filter {
  const stretch = Math.max(1, scale);
  const support = kernel.radius * stretch;
  const taps = Math.min(from, Math.ceil(2 * support));
  const first = new Int32Array(to);
  const weights = new Float64Array(to * taps);
  for (let i = 0; i < to; i++) {
    const centre = (i + offset + 0.5) * scale;
    first[i] = Math.max(0, Math.min(from - taps, Math.ceil(centre - support - 0.5)));
    const raw = Array.from({ length: taps }, (_, k) => kernel.at((first[i] + k + 0.5 - centre) / stretch));
    const sum = raw.reduce((a, b) => a + b, 0);
    weights.set(
      raw.map((weight) => weight / sum),
      i * taps,
    );
  }
  return { first, weights, taps };
}

/** Filters each of `rows` rows of `source` and writes it as a column of `target`, so that twice gives both directions. */
export function filterTransposed(
  source: Float64Array,
  target: Float64Array,
  { first, weights, taps, rows }: Filter & { readonly rows: number },
): void {
  const from = source.length / rows;
  const to = target.length / rows;
  for (let x = 0; x < to; x++) {
    // Enlarging has two taps: kept out of the inner loop, they take half the time.
    const near = weights[x * taps];
    const far = weights[x * taps + 1];
    for (let row = 0; row < rows; row++) {
      const start = row * from + first[x];
      let sum = near * source[start];
      if (taps > 1) sum += far * source[start + 1];
      for (let k = 2; k < taps; k++) sum += weights[x * taps + k] * source[start + k];
      target[x * rows + row] = sum;
    }
  }
}
