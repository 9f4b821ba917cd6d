import { UsageError } from '../errors';
import { nearest } from '../nearest';
import { metricFacts } from '../report/evaluations';

/** What can be asked for, and the numbers that come of it. */
export const METRICS = {
  fid: ['fid'],
  kid: ['kid'],
  is: ['is'],
  prdc: ['precision', 'recall', 'density', 'coverage'],
  diversity: ['diversity', 'realDiversity'],
} as const satisfies Record<string, readonly string[]>;

/** The name of a metric, as `--metrics` takes it. */
export type MetricName = keyof typeof METRICS;

/** All of them, in the order of their report. */
export const metricNames = Object.keys(METRICS) as readonly MetricName[];

/**
 * Reads a list of metrics, e.g. `fid,kid`: each once, in the order of {@link metricNames}.
 *
 * @throws UsageError for an unknown one, with the nearest, and for an empty list
 */
export function parseMetrics(list: string): readonly MetricName[] {
  const asked = new Set(
    list
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  );
  for (const name of asked)
    if (!Object.hasOwn(METRICS, name)) {
      const guess = nearest(name, metricNames);
      throw new UsageError(
        `${JSON.stringify(name)} is no metric${guess ? `: did you mean ${guess}?` : ''}; there are ${metricNames.join(', ')}`,
      );
    }
  if (asked.size === 0)
    throw new UsageError(
      `expected metrics such as fid,kid but got none: there are ${metricNames.join(', ')}`,
    );
  return metricNames.filter((name) => asked.has(name));
}

/**
 * The number by which weights are called best: the first of those that the metrics give, unless one is named.
 *
 * @throws UsageError where it is not measured, or neither more nor less of it is better
 */
export function decidingNumber(metrics: readonly MetricName[], named?: string): string {
  const numbers = metrics.flatMap((name): readonly string[] => METRICS[name]);
  const deciding = numbers.filter((name) => metricFacts(name).better !== 'none');
  const number = named ?? deciding[0];
  if (number !== undefined && deciding.includes(number)) return number;
  throw new UsageError(
    `what decides which weights are best: expected one of ${deciding.join(', ') || 'the metrics that have a better and a worse'}, but got ${number ?? metrics.join(', ')}`,
  );
}
