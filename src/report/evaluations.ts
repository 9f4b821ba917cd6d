import { isJsonObject, type JsonObject, readJsonLines } from '../io/json';
import { sealed, sealFits } from '../io/sealed-json';

/** How figures were measured, by name: feature network and its sha256, resize filter, counts, seed, weights, version. */
export type Protocol = Readonly<Record<string, string | number>>;

/** Numbers by name. */
export type Values = Readonly<Record<string, number>>;

/** Lists by name: what a number is made of, e.g. the accuracy of each class. */
export type Details = Readonly<Record<string, readonly (number | null)[]>>;

/** One line of `evaluations.jsonl`: what one checkpoint of a run was judged to be worth, and how. */
export interface EvaluationRow {
  /** Training steps done by the weights that were judged. */
  readonly step: number;
  /** Who judged: the training itself, or the command. */
  readonly source: 'training' | 'evaluate';
  /** When, as ISO 8601. */
  readonly time: string;
  /** The checkpoint, relative to the run directory; absent where the weights were judged from memory. */
  readonly checkpoint?: string;
  readonly metrics: Values;
  /** Standard errors of those metrics that have one. */
  readonly errors: Values;
  /** What some of the numbers are made of. */
  readonly details?: Details;
  readonly protocol: Protocol;
  /** Where the time went. */
  readonly seconds: Values;
}

/** What a metric's numbers say. */
export interface MetricFacts {
  /** As people write it, e.g. `FID`. */
  readonly label: string;
  /** Which way is better; `none` where neither is, or where it is not known. */
  readonly better: 'lower' | 'higher' | 'none';
  /** Where it is measured from: 0 or 1 for what cannot be beyond, null for none. */
  readonly range: readonly [number | null, number | null];
}

const FACTS: Readonly<Record<string, MetricFacts>> = {
  fid: { label: 'FID', better: 'lower', range: [0, null] },
  kid: { label: 'KID', better: 'lower', range: [null, null] },
  is: { label: 'Inception Score', better: 'higher', range: [1, null] },
  precision: { label: 'Precision', better: 'higher', range: [0, 1] },
  recall: { label: 'Recall', better: 'higher', range: [0, 1] },
  density: { label: 'Density', better: 'higher', range: [0, null] },
  coverage: { label: 'Coverage', better: 'higher', range: [0, 1] },
  // A generator of noise is more diverse than the data: what is wanted is the diversity of real images, no more.
  diversity: { label: 'Diversity', better: 'none', range: [0, null] },
  realDiversity: { label: 'Diversity of real images', better: 'none', range: [0, null] },
  accuracy: { label: 'Label accuracy', better: 'higher', range: [0, 1] },
  purity: { label: 'Purity of the code', better: 'higher', range: [0, 1] },
  nmi: { label: 'Information of the code (NMI)', better: 'higher', range: [0, 1] },
  assigned: { label: 'Accuracy of the code, a class each', better: 'higher', range: [0, 1] },
  intraFid: { label: 'FID within classes', better: 'lower', range: [0, null] },
  // What is unlike all data is authentic: what is wanted is the share of held-out images, no more.
  authenticity: { label: 'Authenticity', better: 'none', range: [0, 1] },
  ppl: { label: 'Path length (PPL)', better: 'lower', range: [0, null] },
  elbo: { label: 'ELBO (nats)', better: 'higher', range: [null, null] },
  iwae: { label: 'IWAE bound (nats)', better: 'higher', range: [null, null] },
  bitsPerDimension: { label: 'Bits per dimension', better: 'lower', range: [null, null] },
  reconstruction: { label: 'Reconstruction error', better: 'lower', range: [0, null] },
  mse: { label: 'Mean square error', better: 'lower', range: [0, null] },
  mae: { label: 'Mean absolute error', better: 'lower', range: [0, null] },
  psnr: { label: 'PSNR (dB)', better: 'higher', range: [null, null] },
  l1: { label: 'L1', better: 'lower', range: [0, null] },
  ssim: { label: 'SSIM', better: 'higher', range: [null, 1] },
  lpips: { label: 'LPIPS', better: 'lower', range: [0, null] },
  auroc: { label: 'AUROC', better: 'higher', range: [0, 1] },
  averagePrecision: { label: 'Average precision', better: 'higher', range: [0, 1] },
  falseAlarmsAt95: { label: 'False alarms at 95 % hits', better: 'lower', range: [0, 1] },
  aurocOfMean: { label: 'AUROC of the distance to the mean image', better: 'higher', range: [0, 1] },
};

/** What ends the names of numbers that are measured of something else, or somewhere else, than those without it, and what labels say of it. */
const ENDINGS = {
  OfCopy: 'of the copy of the input',
  OfMean: 'of the mean colour of the rest',
  InHole: 'in the hole',
} as const;

/** The name of a number where the images that a model takes in are judged in the place of those it makes: `psnrOfCopy`. */
export function ofCopy(name: string): string {
  return `${name}OfCopy`;
}

/** The name of a number where holes of the mean colour of the rest are judged in the place of those that a model fills: `psnrOfMean`. */
export function ofMean(name: string): string {
  return `${name}OfMean`;
}

/** The name of a number of images in their holes alone: `psnrInHole`. */
export function inHole(name: string): string {
  return `${name}InHole`;
}

/** What is known of a metric: an unknown one keeps its own name, and neither way is better. */
export function metricFacts(metric: string): MetricFacts {
  if (Object.hasOwn(FACTS, metric)) return FACTS[metric];
  const ending = Object.entries(ENDINGS).find(([end]) => metric.endsWith(end));
  if (!ending) return { label: metric, better: 'none', range: [null, null] };
  const [end, words] = ending;
  const own = metricFacts(metric.slice(0, -end.length));
  return { ...own, label: `${own.label} ${words}` };
}

/**
 * The rows of an `evaluations.jsonl`, in the file's order. Half lines, lines whose seal does not fit and lines of something else are left
 * out, and so are numbers that are none. Without the file there are no rows.
 *
 * @param onNote is told how many lines were left out, in a sentence
 * @throws GanError `ERR_CANNOT_READ` when the file is there but cannot be read
 */
export function readEvaluations(file: string, onNote?: (note: string) => void): EvaluationRow[] {
  let bad = 0;
  const lines = readJsonLines(file, () => bad++);
  const rows = lines.flatMap((line) => (sealFits(line) === false ? [] : (rowOf(line) ?? [])));
  bad += lines.length - rows.length;
  if (bad > 0)
    onNote?.(`${file}: ${bad} ${bad === 1 ? 'line is' : 'lines are'} damaged or cut off, and left out`);
  return rows;
}

/** The line of a row: sealed, since what is best is decided by it. */
export function evaluationLine(row: EvaluationRow): string {
  return `${JSON.stringify(sealed({ ...row }))}\n`;
}

function rowOf(line: JsonObject): EvaluationRow | undefined {
  const { step, source, time, checkpoint, protocol } = line;
  if (typeof step !== 'number' || !isJsonObject(line.metrics)) return undefined;
  return {
    step,
    source: source === 'evaluate' ? 'evaluate' : 'training',
    time: typeof time === 'string' ? time : '',
    ...(typeof checkpoint === 'string' && { checkpoint }),
    metrics: numbersOf(line.metrics),
    errors: numbersOf(line.errors),
    ...(isJsonObject(line.details) && { details: listsOf(line.details) }),
    protocol: isJsonObject(protocol) ? flat(protocol) : {},
    seconds: numbersOf(line.seconds),
  };
}

function numbersOf(values: unknown): Values {
  if (!isJsonObject(values)) return {};
  const isNumber = (entry: [string, unknown]): entry is [string, number] => typeof entry[1] === 'number';
  return Object.fromEntries(Object.entries(values).filter(isNumber));
}

function listsOf(lists: JsonObject): Details {
  const isList = (entry: [string, unknown]): entry is [string, (number | null)[]] =>
    Array.isArray(entry[1]) && entry[1].every((value) => value === null || typeof value === 'number');
  return Object.fromEntries(Object.entries(lists).filter(isList));
}

function flat(values: JsonObject): Protocol {
  const entries = Object.entries(values);
  return Object.fromEntries(
    entries.map(([name, value]) => [
      name,
      typeof value === 'string' || typeof value === 'number' ? value : JSON.stringify(value),
    ]),
  );
}

/** In a protocol, what changes figures by chance only. */
const CHANCE = new Set(['seed']);

/** Whether figures measured by two protocols may be compared: all is equal but the seed, and where the data is whose sha256 is equal. */
export function sameProtocol(a: Protocol, b: Protocol): boolean {
  return protocolKey(a) === protocolKey(b);
}

/** Equal for protocols that are {@link sameProtocol | the same}. */
export function protocolKey(protocol: Protocol): string {
  return JSON.stringify(
    decidingNames(protocol)
      .sort()
      .map((name) => [name, protocol[name]]),
  );
}

/** What figures depend on: not what changes them by chance, nor the name of something whose hash stands beside it. */
export function decidingNames(protocol: Protocol): string[] {
  return Object.keys(protocol).filter(
    (name) => !CHANCE.has(name) && !Object.hasOwn(protocol, `${name}Sha256`),
  );
}

/** Rows that may be compared. */
export interface ComparableRows {
  /** That of the first row. */
  readonly protocol: Protocol;
  /** By step. */
  readonly rows: readonly EvaluationRow[];
}

/** Rows by protocol, in the order in which the protocols came up; within one by step, equal steps as they came. */
export function groupByProtocol(rows: readonly EvaluationRow[]): ComparableRows[] {
  const groups = new Map<string, EvaluationRow[]>();
  for (const row of rows) {
    const key = protocolKey(row.protocol);
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return [...groups.values()].map((group) => ({
    protocol: group[0].protocol,
    rows: group.sort((a, b) => a.step - b.step),
  }));
}
