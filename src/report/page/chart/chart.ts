/** A line of a chart. Columns, for they are shorter in a page than points. */
export interface Series {
  readonly label: string;
  /** What its legend says beside the last value. */
  readonly note: string;
  readonly x: readonly number[];
  /** null is a gap. */
  readonly y: readonly (number | null)[];
  /** Standard errors, drawn as bars; null where there is none. */
  readonly error?: readonly (number | null)[];
  /** Which of the page's colours (0 to 5). */
  readonly color: number;
  /** Which pattern of dashes (0, a full line, to 3). */
  readonly dash: number;
  /** Whether every point has its dot. */
  readonly dots: boolean;
}

/** A point that is marked: the best of a series. */
export interface Mark {
  readonly x: number;
  readonly y: number;
  readonly color: number;
}

/** What a chart shows, over steps. */
export interface Chart {
  readonly title: string;
  readonly series: readonly Series[];
  readonly marks: readonly Mark[];
  /** Ends of the axis, where the quantity has some; null where it goes as far as its values. */
  readonly range: readonly [number | null, number | null];
  /** A value to compare with. */
  readonly reference?: number;
  /** Which controls of its section it obeys. */
  readonly smoothable: boolean;
  readonly logarithmic: boolean;
}

/** How a chart is drawn. */
export interface View {
  readonly width: number;
  readonly height: number;
  readonly log: boolean;
  /** Weight of the past, 0 (as measured) to below 1. */
  readonly smoothing: number;
}

/**
 * Exponential moving average, corrected for its start: `sₙ = w·sₙ₋₁ + (1 − w)·yₙ`, shown as `sₙ / (1 − wⁿ)`. Gaps stay gaps.
 */
export function smooth(values: readonly (number | null)[], weight: number): (number | null)[] {
  if (weight <= 0) return [...values];
  let sum = 0;
  let share = 0;
  return values.map((value) => {
    if (value === null) return null;
    sum = weight * sum + (1 - weight) * value;
    share = weight * share + (1 - weight);
    return sum / share;
  });
}

/** Index of the value of a rising list that is nearest to `x`, of two the earlier; -1 in an empty one. */
export function nearestIndex(values: readonly number[], x: number): number {
  let low = 0;
  let high = values.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (values[middle] <= x) low = middle;
    else high = middle;
  }
  return high < 0 ? -1 : values[high] - x < x - values[low] ? high : low;
}
