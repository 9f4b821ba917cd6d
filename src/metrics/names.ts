import { UsageError } from '../errors';
import { nearest } from '../nearest';
import { metricFacts } from '../report/evaluations';

/** Those that judge a set of images, and the numbers that come of them. */
const OF_IMAGES = {
  fid: ['fid'],
  kid: ['kid'],
  is: ['is'],
  prdc: ['precision', 'recall', 'density', 'coverage'],
  diversity: ['diversity', 'realDiversity'],
  accuracy: ['accuracy'],
  purity: ['purity', 'nmi'],
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

/** What can be asked for, and the numbers that come of it; `bitsPerDimension` only of likelihoods of bytes or densities. */
export const METRICS = { ...OF_IMAGES, ...OF_PAIRS, ...OF_PATHS, ...OF_DATA } as const;

/** The name of a metric, as `--metrics` takes it. */
export type MetricName = keyof typeof METRICS;

/** A metric of a set of images: what can be judged in training, too. */
export type ImageMetric = keyof typeof OF_IMAGES;

/** A metric of images that have a target each. */
export type PairMetric = keyof typeof OF_PAIRS;

/** A metric of what an autoencoder makes of real images. */
export type DataMetric = keyof typeof OF_DATA;

/** All of them, in the order of their report. */
export const metricNames = Object.keys(METRICS) as readonly MetricName[];

/** Those of a set of images. */
export const imageMetricNames = Object.keys(OF_IMAGES) as readonly ImageMetric[];

/** Metrics by what is judged: each part is measured by a protocol of its own. */
export interface MetricParts {
  readonly images: readonly ImageMetric[];
  readonly pairs: readonly PairMetric[];
  /** Whether the path length is asked for. */
  readonly paths: boolean;
  readonly data: readonly DataMetric[];
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
  };
}

/** Reads a list of {@link parseMetrics | metrics} of images. @throws UsageError as that, and for one of something else */
export function parseImageMetrics(list: string): readonly ImageMetric[] {
  const metrics = parseMetrics(list);
  const { images } = metricParts(metrics);
  const other = metrics.find((name) => !images.some((image) => image === name));
  if (other === undefined) return images;
  throw new UsageError(
    `${other} is not measured on the way: expected some of ${imageMetricNames.join(', ')}; evaluate --metrics ${other} measures it afterwards`,
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
