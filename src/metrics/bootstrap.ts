import { numberBetween, positiveInteger } from '../check';
import { Prng } from '../data/prng';
import { requireCount } from './feature-set';
import { deviationOf } from './statistics';

/** How often, and by which draws, {@link bootstrap} resamples. */
export interface BootstrapOptions {
  /** Resamples (1000). */
  readonly resamples?: number;
  /** Which ones (0). */
  readonly seed?: number;
  /** The probability that the interval is to hold (0.95). */
  readonly confidence?: number;
}

/** The uncertainty of a figure. */
export interface Confidence {
  /** The standard error. */
  readonly error: number;
  /** The ends of the percentile interval. */
  readonly low: number;
  readonly high: number;
}

/**
 * The bootstrap (Efron 1979): a statistic of `count` images drawn anew from them, with replacement, again and again; by a
 * generator of its own.
 *
 * @param statistic what is measured, from the rows drawn, of which some come several times
 * @throws UsageError for fewer than two images, or an option out of range
 */
export function bootstrap(
  count: number,
  statistic: (rows: Int32Array) => number,
  { resamples = 1000, seed = 0, confidence = 0.95 }: BootstrapOptions = {},
): Confidence {
  positiveInteger('bootstrap', 'resamples', resamples);
  numberBetween('bootstrap', 'confidence', confidence, { min: 0, max: 1 });
  requireCount('bootstrap', count, 2);
  const random = new Prng(seed);
  const rows = new Int32Array(count);
  const drawn = Float64Array.from({ length: resamples }, () => {
    for (let i = 0; i < count; i++) rows[i] = random.below(count);
    return statistic(rows);
  }).sort();
  const tail = (1 - confidence) / 2;
  return { error: deviationOf(drawn), low: quantile(drawn, tail), high: quantile(drawn, 1 - tail) };
}

/**
 * {@link bootstrap} of a mean, e.g. of what each image contributes to precision, recall, density or coverage: the
 * neighbourhoods stay, the images inside them are drawn anew.
 */
export function bootstrapMean(values: ArrayLike<number>, options: BootstrapOptions = {}): Confidence {
  const statistic = (rows: Int32Array): number => {
    let sum = 0;
    for (let i = 0; i < rows.length; i++) sum += values[rows[i]];
    return sum / rows.length;
  };
  return bootstrap(values.length, statistic, options);
}

/** Between the two nearest of the sorted values, in proportion. */
function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const [low, high] = [Math.floor(place), Math.ceil(place)];
  return sorted[low] + (place - low) * (sorted[high] - sorted[low]);
}
