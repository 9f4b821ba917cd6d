import { argumentError } from '../check';
import { GanError, UsageError } from '../errors';
import type { Measured } from './measure';

/** How well scores tell two kinds of things apart. */
export interface Detection {
  /** The chance that an anomaly's score is above that of what is normal, ties counted half; its error is DeLong's (1988). */
  readonly auroc: Measured;
  /** Σ (Rₖ − Rₖ₋₁) Pₖ over all thresholds, by falling score: precision where all anomalies are found, one after the other. */
  readonly averagePrecision: Measured;
  /** The least share of what is normal above a threshold that 95 % of the anomalies reach. */
  readonly falseAlarmsAt95: Measured;
}

const HITS = 0.95;

/**
 * Judges scores by what is known of their images, or pixels.
 *
 * @param anomalous whether each is an anomaly, whose score should be the larger
 * @throws UsageError unless there are some of both kinds, and as many of one list as of the other; GanError `ERR_BAD_FEATURES` naming a score
 *   that is not finite
 */
export function detection(scores: ArrayLike<number>, anomalous: ArrayLike<boolean | number>): Detection {
  requireScores(scores, anomalous);
  const [normal, odd] = [false, true].map((kind) => sorted(scores, anomalous, kind));
  const [negatives, positives] = [normal.length, odd.length];
  if (negatives === 0 || positives === 0)
    throw new UsageError(
      `AUROC expects both what is normal and what is not but received ${negatives} normal and ${positives} anomalies: name a class, or other images`,
    );
  const above = { odd: new Moments(), normal: new Moments() };
  let [precision, falseAlarms, normalBelow, oddBelow] = [0, 1, 0, 0];
  while (normalBelow < negatives || oddBelow < positives) {
    const value = Math.min(normal[normalBelow] ?? Infinity, odd[oddBelow] ?? Infinity);
    const equal = { normal: countOf(normal, normalBelow, value), odd: countOf(odd, oddBelow, value) };
    const [hits, alarms] = [positives - oddBelow, negatives - normalBelow];
    precision += (equal.odd / positives) * (hits / (hits + alarms));
    if (hits / positives >= HITS) falseAlarms = alarms / negatives;
    above.odd.add((normalBelow + equal.normal / 2) / negatives, equal.odd);
    above.normal.add((hits - equal.odd / 2) / positives, equal.normal);
    normalBelow += equal.normal;
    oddBelow += equal.odd;
  }
  return {
    auroc: {
      value: above.odd.mean,
      error: Math.sqrt(above.odd.varianceOfMean + above.normal.varianceOfMean),
    },
    averagePrecision: { value: precision },
    falseAlarmsAt95: { value: falseAlarms },
  };
}

function requireScores(scores: ArrayLike<number>, anomalous: ArrayLike<boolean | number>): void {
  if (scores.length !== anomalous.length)
    throw argumentError('detection', `as many scores as kinds (${anomalous.length})`, scores.length);
  for (let i = 0; i < scores.length; i++)
    if (!Number.isFinite(scores[i]))
      throw new GanError('ERR_BAD_FEATURES', `expected finite scores but score ${i} is ${scores[i]}`);
}

/** The scores of one kind, the smallest first. */
function sorted(
  scores: ArrayLike<number>,
  anomalous: ArrayLike<boolean | number>,
  kind: boolean,
): Float64Array {
  const count = scores.length;
  const chosen = new Float64Array(count);
  let taken = 0;
  for (let i = 0; i < count; i++) if (Boolean(anomalous[i]) === kind) chosen[taken++] = scores[i];
  return chosen.subarray(0, taken).sort();
}

/** How many values from `start` on are equal to `value`. */
function countOf(values: Float64Array, start: number, value: number): number {
  let end = start;
  while (end < values.length && values[end] === value) end++;
  return end - start;
}

/** Mean and variance of values that come several at once. */
class Moments {
  #count = 0;
  #sum = 0;
  #squares = 0;

  add(value: number, times: number): void {
    this.#count += times;
    this.#sum += value * times;
    this.#squares += value * value * times;
  }

  get mean(): number {
    return this.#sum / this.#count;
  }

  /** 0 of a single value, which says nothing of its spread. */
  get varianceOfMean(): number {
    if (this.#count < 2) return 0;
    const squares = Math.max(0, this.#squares - this.#count * this.mean ** 2);
    return squares / (this.#count - 1) / this.#count;
  }
}
