/** Zeros above, left, below and right of images; negative numbers take pixels away. */
export type Border = readonly [number, number, number, number];

/** How `upFirDown` is a convolution of one channel. */
export interface FilterPlan {
  /** Whether it is a transposed one, whose stride spreads pixels. */
  readonly transposed: boolean;
  /** The matrix [taps, taps], row by row. */
  readonly weight: readonly number[];
  readonly taps: number;
  readonly stride: number;
  /** Around the images before. */
  readonly before: Border;
  /** Of the convolution itself: above, left, below and right, of at least 0. */
  readonly pads: Border;
  /** Around the result. */
  readonly after: Border;
  /** Every so manieth pixel of the result stays. */
  readonly keep: number;
}

const NONE: Border = [0, 0, 0, 0];

/**
 * y[i] = Σₖ kernel[k] · x̂[i · down + k − before] of `upFirDown` in both directions: a convolution, or where `up` puts zeros between pixels a transposed
 * one with the kernel turned around.
 *
 * @param padding [left, right, top, bottom]
 */
export function filterPlan(
  kernel: readonly number[],
  { up, down, padding: [left, right, top, bottom] }: { up: number; down: number; padding: readonly number[] },
): FilterPlan {
  const taps = kernel.length;
  const transposed = up > 1;
  const turned = transposed ? [...kernel].reverse() : kernel;
  const weight = turned.flatMap((a) => turned.map((b) => a * b));
  if (!transposed) {
    const wanted: Border = [top, left, bottom, right];
    return {
      ...{ transposed, weight, taps, stride: down, after: NONE, keep: 1 },
      before: limited(wanted, Math.min),
      pads: limited(wanted, Math.max),
    };
  }
  const cut: Border = [taps - 1 - top, taps - 1 - left, taps - up - bottom, taps - up - right];
  const missing: Border = [-cut[0], -cut[1], -cut[2], -cut[3]];
  return {
    ...{ transposed, weight, taps, stride: up, before: NONE, keep: down },
    pads: limited(cut, Math.max),
    after: limited(missing, Math.max),
  };
}

function limited([top, left, bottom, right]: Border, limit: (a: number, b: number) => number): Border {
  return [limit(top, 0), limit(left, 0), limit(bottom, 0), limit(right, 0)];
}
