import { argumentError } from '../check';
import { UsageError } from '../errors';
import { advise } from '../nearest';
import { metricFacts } from '../report/evaluations';

/** Those that judge a set of images, and the numbers that come of them. */
const OF_IMAGES = {
  fid: ['fid'],
  kid: ['kid'],
  is: ['is'],
  prdc: ['precision', 'recall', 'density', 'coverage'],
  diversity: ['diversity', 'realDiversity'],
  accuracy: ['accuracy'],
  purity: ['purity', 'nmi', 'assigned'],
  'intra-fid': ['intraFid'],
  authenticity: ['authenticity'],
} as const satisfies Record<string, readonly string[]>;

/** Those that compare each image with what it should be. */
const OF_PAIRS = {
  l1: ['l1'],
  psnr: ['psnr'],
  ssim: ['ssim'],
  lpips: ['lpips'],
} as const satisfies Record<string, readonly string[]>;

/** Those that walk between latents of a generator. */
const OF_PATHS = { ppl: ['ppl'] } as const satisfies Record<string, readonly string[]>;

/** Those that show real images to an autoencoder. */
const OF_DATA = {
  elbo: ['elbo', 'bitsPerDimension'],
  iwae: ['iwae'],
  reconstruction: ['mse', 'mae', 'psnr'],
} as const satisfies Record<string, readonly string[]>;

/** Those that ask how well a model tells normal images from others. */
const OF_SCORES = {
  auroc: ['auroc', 'averagePrecision', 'falseAlarmsAt95'],
} as const satisfies Record<string, readonly string[]>;

/** What can be asked for, and the numbers that come of it; `bitsPerDimension` only of likelihoods of bytes or densities. */
export const METRICS = { ...OF_IMAGES, ...OF_PAIRS, ...OF_PATHS, ...OF_DATA, ...OF_SCORES } as const;

/** The name of a metric, as `--metrics` takes it. */
export type MetricName = keyof typeof METRICS;

/** A metric of a set of images. */
export type ImageMetric = keyof typeof OF_IMAGES;

/** A metric of images that have a target each. */
export type PairMetric = keyof typeof OF_PAIRS;

/** A metric of what an autoencoder makes of real images. */
export type DataMetric = keyof typeof OF_DATA;

/** All of them, in the order of their report. */
export const metricNames = Object.keys(METRICS) as readonly MetricName[];

/** Those of a set of images. */
export const imageMetricNames = Object.keys(OF_IMAGES) as readonly ImageMetric[];

/** Those of what an autoencoder makes of real images. */
export const dataMetricNames = Object.keys(OF_DATA) as readonly DataMetric[];

/** Those of pairs. */
export const pairMetricNames = Object.keys(OF_PAIRS) as readonly PairMetric[];

/** A metric that a training can be judged by on its way. */
export type TrainingMetric = ImageMetric | PairMetric;

/** Those of a training. */
export const trainingMetricNames = Object.keys({ ...OF_IMAGES, ...OF_PAIRS }) as readonly TrainingMetric[];

/** Metrics by what is judged: each part is measured by a protocol of its own. */
export interface MetricParts {
  readonly images: readonly ImageMetric[];
  readonly pairs: readonly PairMetric[];
  /** Whether the path length is asked for. */
  readonly paths: boolean;
  readonly data: readonly DataMetric[];
  /** Whether it is asked how well normal images are told from others. */
  readonly scores: boolean;
}

/** Sorts metrics by what they judge. */
export function metricParts(metrics: readonly MetricName[]): MetricParts {
  const isOf = <T extends string>(part: Readonly<Record<T, unknown>>, name: string): name is T =>
    Object.hasOwn(part, name);
  return {
    images: metrics.filter((name) => isOf(OF_IMAGES, name)),
    pairs: metrics.filter((name) => isOf(OF_PAIRS, name)),
    paths: metrics.some((name) => isOf(OF_PATHS, name)),
    data: metrics.filter((name) => isOf(OF_DATA, name)),
    scores: metrics.some((name) => isOf(OF_SCORES, name)),
  };
}

/**
 * Checks metrics that a script gives.
 *
 * @param owner what measures them
 * @throws UsageError for what is no list, and for one that is not among the known, with the nearest
 */
export function requireMetrics(owner: string, metrics: readonly string[], known: readonly string[]): void {
  if (!Array.isArray(metrics))
    throw argumentError(owner, `metrics as a list, e.g. ['${known[0]}'],`, metrics);
  const other = metrics.findIndex((name) => !known.includes(name));
  if (other < 0) return;
  const word = String(metrics[other]);
  throw new UsageError(
    `${JSON.stringify(word)} is no metric of ${owner}${advise(word, known, `there are ${known.join(', ')}`)}`,
  );
}

/**
 * The parts of what a training is judged by.
 *
 * @throws UsageError for metrics of sets of images beside those of pairs: an evaluation on the way is one row, and has one protocol; and as
 *   {@link requireMetrics}
 */
export function trainingParts(metrics: readonly TrainingMetric[]): Pick<MetricParts, 'images' | 'pairs'> {
  requireMetrics('a training', metrics, trainingMetricNames);
  const { images, pairs } = metricParts(metrics);
  if (images.length === 0 || pairs.length === 0) return { images, pairs };
  throw new UsageError(
    `${images[0]} and ${pairs[0]} are measured by protocols of their own, and a training is judged by one: choose ${images} or ${pairs}`,
  );
}

/** Reads a list of {@link parseMetrics | metrics} for a training. @throws UsageError as that, and for one that is not measured on the way */
export function parseTrainingMetrics(list: string): readonly TrainingMetric[] {
  const metrics = parseMetrics(list);
  const known = metrics.filter((name): name is TrainingMetric =>
    trainingMetricNames.some((other) => other === name),
  );
  const other = metrics.find((name) => !known.some((one) => one === name));
  if (other === undefined) return known;
  throw new UsageError(
    `${other} is not measured on the way: expected some of ${trainingMetricNames.join(', ')}; evaluate --metrics ${other} measures it afterwards`,
  );
}

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
    if (!Object.hasOwn(METRICS, name))
      throw new UsageError(
        `${JSON.stringify(name)} is no metric${advise(name, metricNames, `there are ${metricNames.join(', ')}`)}`,
      );
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
