import { type EvaluationRow, groupByProtocol, metricFacts } from './evaluations';

/** A metric's value at a step. */
export interface Measured {
  readonly step: number;
  readonly value: number;
  /** Its standard error, where one is known. */
  readonly error?: number;
  /** How it was measured, for those who name the checkpoint. */
  readonly row: EvaluationRow;
}

/** What became of a metric during a training. */
export interface MetricSummary {
  readonly metric: string;
  /** One value a step, by step, all measured by one protocol. */
  readonly values: readonly Measured[];
  readonly last: Measured;
  /** The earliest of the best; undefined where neither way is better. */
  readonly best?: Measured;
}

/** A last value this many times worse than the best is a collapse, where errors do not explain it. */
const COLLAPSE = 1.5;

/** A difference of so many joint standard errors is not one of chance. */
const ERRORS = 2;

/** The metrics of rows, in the order in which they came up. */
export function metricsOf(rows: readonly EvaluationRow[]): string[] {
  return [...new Set(rows.flatMap((row) => Object.keys(row.metrics)))];
}

/**
 * A metric's last and best values among rows of one protocol: where there are several, the protocol that measured it at most
 * steps, and of equals the later. Where a step was judged more than once, its newest row counts.
 *
 * @returns undefined where no row has a finite value
 */
export function summarizeMetric(rows: readonly EvaluationRow[], metric: string): MetricSummary | undefined {
  const series = groupByProtocol(rows).map((group) => valuesOf(group.rows, metric));
  const values = series.reduce((longest, one) => (one.length >= longest.length ? one : longest), []);
  const last = values.at(-1);
  if (!last) return undefined;
  const { better } = metricFacts(metric);
  const best = better === 'none' ? undefined : values.reduce((a, b) => (isBetter(b, a, better) ? b : a));
  return { metric, values, last, ...(best && { best }) };
}

/** A metric's finite values in rows of one protocol, one a step, by step. */
export function valuesOf(rows: readonly EvaluationRow[], metric: string): Measured[] {
  const bySteps = new Map<number, Measured>();
  for (const row of rows) {
    const { [metric]: value } = row.metrics;
    const { [metric]: error } = row.errors;
    if (!Number.isFinite(value)) continue;
    bySteps.set(row.step, { step: row.step, value, row, ...(Number.isFinite(error) && { error }) });
  }
  return [...bySteps.values()].sort((a, b) => a.step - b.step);
}

function isBetter(a: Measured, b: Measured, better: 'lower' | 'higher'): boolean {
  return better === 'lower' ? a.value < b.value : a.value > b.value;
}

/**
 * Says that a training has collapsed since its best: the last value is more than 1.5 times worse than the best, and, where their
 * errors are known, worse by more than twice the joint one, `√(best² + last²)`. E.g. `FID is now 3.2 × its best, at step 4,000`.
 *
 * @returns undefined where it has not, or where it cannot be told
 */
export function collapseNote(rows: readonly EvaluationRow[], metric: string): string | undefined {
  const summary = summarizeMetric(rows, metric);
  if (!summary?.best || !hasCollapsed(summary)) return undefined;
  const { label, better } = metricFacts(metric);
  const { best, last } = summary;
  const place = `at step ${formatCount(best.step)}`;
  if (better === 'higher')
    return `${label} is now ${Math.round((100 * last.value) / best.value)} % of its best, ${place}`;
  // KID is unbiased, so its best may be below 0: no multiple of that says anything.
  if (best.value <= 0)
    return `${label} is now ${formatMeasured(last)}; its best was ${formatMeasured(best)}, ${place}`;
  return `${label} is now ${formatRatio(last.value / best.value)} × its best, ${place}`;
}

function hasCollapsed({ metric, best, last }: MetricSummary): boolean {
  if (!best || best.step === last.step) return false;
  const { better, range } = metricFacts(metric);
  const isLower = better === 'lower';
  // Nats and decibels have no floor to be a share of.
  if (!isLower && range[0] === null) return false;
  const [large, small] = isLower ? [last, best] : [best, last];
  if (best.error !== undefined && last.error !== undefined) {
    if (large.value - small.value <= ERRORS * Math.hypot(best.error, last.error)) return false;
  } else if (isLower && best.value <= 0) {
    // A best that is not above 0 has no multiples: without errors nothing can be told.
    return false;
  }
  return large.value > COLLAPSE * small.value;
}

/**
 * The lines that end a training, one a metric: `FID  12.3 ± 0.1, best 9.81 ± 0.09 at step 4,000`, names padded to equal width;
 * then the {@link collapseNote} of every metric that has one.
 */
export function summaryLines(rows: readonly EvaluationRow[]): string[] {
  const summaries = metricsOf(rows).flatMap((metric) => summarizeMetric(rows, metric) ?? []);
  const labels = summaries.map(({ metric }) => metricFacts(metric).label);
  const width = Math.max(0, ...labels.map((label) => label.length));
  const lines = summaries.map((summary, at) => `${labels[at].padEnd(width)}  ${describeSummary(summary)}`);
  return [...lines, ...summaries.flatMap(({ metric }) => collapseNote(rows, metric) ?? [])];
}

/** The last value and the best: `12.3 ± 0.1, best 9.81 ± 0.09 at step 4,000`, or `12.3 ± 0.1, its best` where that is the last. */
export function describeSummary({ last, best, values }: MetricSummary): string {
  const now = formatMeasured(last);
  if (!best || values.length === 1) return now;
  if (best.step === last.step) return `${now}, its best`;
  return `${now}, best ${formatMeasured(best)} at step ${formatCount(best.step)}`;
}

/** A value with its error where one is known, e.g. `12.31 ± 0.10`: the error has two significant digits, the value as many places. */
export function formatMeasured({ value, error }: Pick<Measured, 'value' | 'error'>): string {
  if (error === undefined || error <= 0) return formatValue(value);
  const places = Math.min(8, Math.max(0, 1 - Math.floor(Math.log10(error))));
  return `${minus(value.toFixed(places))} ± ${error.toFixed(places)}`;
}

/** A number in three significant digits or more, without an exponent where it is of a readable size: `0.00412`, `12.3`, `48,211`. */
export function formatValue(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e7 || (size < 1e-5 && size > 0)) return minus(value.toExponential(2));
  if (size >= 999.5) return formatCount(Math.round(value));
  return minus(size === 0 ? '0' : value.toFixed(Math.min(8, Math.max(0, 2 - Math.floor(Math.log10(size))))));
}

/** A whole number with commas: `18,740`. */
export function formatCount(value: number): string {
  return minus(value.toLocaleString('en-US', { maximumFractionDigits: 0 }));
}

function formatRatio(ratio: number): string {
  return ratio < 10 ? ratio.toFixed(1) : formatCount(Math.round(ratio));
}

function minus(text: string): string {
  return text.replace(/^-/, '−');
}
