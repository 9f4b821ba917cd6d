import { setImmediate as turn } from 'node:timers/promises';
import { positiveInteger } from '../check';
import { contentHash } from '../data/content-hash';
import type { ImageDataset } from '../data/dataset';
import { sizeText } from '../data/image-size';
import { UsageError } from '../errors';
import type { Protocol } from '../report/evaluations';
import { noGrad } from '../tensor/autograd';
import { tensor } from '../tensor/create';
import { Generator } from '../tensor/random';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import { version } from '../version';
import type { Autoencoder } from './autoencoder';
import type { CollectOptions } from './collect';
import type { Evaluation } from './evaluate';
import { datasetImages } from './image-source';
import { bitsPerDimension, evidenceBound, importanceWeightedBound } from './likelihood';
import { type Measured, measures } from './measure';
import { type DataMetric, dataMetricNames, requireMetrics } from './names';
import { imageOrder } from './real-images';
import { MOST_PSNR, PSNR_WORDS, reconstructionErrors } from './reconstruction';
import { errorOfMean, meanOf } from './statistics';

/** What {@link evaluateData} is told. */
export interface EvaluateDataOptions extends Pick<CollectOptions, 'onProgress' | 'signal' | 'device'> {
  readonly autoencoder: Autoencoder;
  /** The images it is shown. */
  readonly real: ImageDataset;
  /** How many of them, in a fixed random order (all). */
  readonly count?: number;
  readonly metrics: readonly DataMetric[];
  /** K, latents an image ({@link DEFAULT_DRAWS}). */
  readonly draws?: number;
  /** Of the latents (0). */
  readonly seed?: number;
  /** What the protocol should say besides, e.g. the split and whose weights these are. */
  readonly protocol?: Protocol;
}

/** Latents an image: the importance-weighted bound still rises with more, the mean of ln w no longer moves. */
export const DEFAULT_DRAWS = 100;

/** Images at once. */
const CHUNK = 250;

/** Numbers of each image by name. */
type PerImage = Record<'elbo' | 'iwae' | 'mse' | 'mae' | 'psnr', number[]>;

/**
 * Judges an autoencoder by real images: bounds on their ln p(x) in nats ({@link evidenceBound}, {@link importanceWeightedBound}) and what
 * is lost when they are encoded and decoded ({@link reconstructionErrors}); means over the images, with standard errors. What is compared
 * is what the model sees, e.g. black and white pixels.
 *
 * The bound is that of the model, whatever weight the training gave its divergence. Latents come from a generator of its own.
 *
 * @throws UsageError for a bound of a model without a likelihood, or more images than there are; GanError `ERR_BAD_FEATURES` where ln w is
 *   not finite
 */
export async function evaluateData(options: EvaluateDataOptions): Promise<Evaluation> {
  const {
    real,
    metrics,
    draws = DEFAULT_DRAWS,
    seed = 0,
    count = real.count,
    device,
    onProgress,
    signal,
  } = options;
  checkData(options);
  const start = performance.now();
  const source = datasetImages(real, { indices: imageOrder(real, count), device });
  const each: PerImage = { elbo: [], iwae: [], mse: [], mae: [], psnr: [] };
  const random = new Generator({ device: 'cpu', seed });
  try {
    for (let at = 0; at < count; at += CHUNK) {
      signal?.throwIfAborted();
      const make = await source.fetch(at, Math.min(count, at + CHUNK));
      noGrad(() => scope(() => judge(make(), each, { ...options, draws, random })));
      onProgress?.({ task: 'judging the autoencoder', done: Math.min(count, at + CHUNK), total: count });
      await turn();
    }
  } finally {
    random.dispose();
  }
  const middle = performance.now();
  const values = measures(metrics.flatMap((name) => Object.entries(NUMBERS[name](each, options))));
  const seconds = { features: (middle - start) / 1000, metrics: (performance.now() - middle) / 1000 };
  return { ...values, protocol: await protocolOf({ ...options, draws, seed, count }), seconds };
}

function checkData({ autoencoder, metrics, real, count, draws }: EvaluateDataOptions): void {
  requireMetrics('evaluateData', metrics, dataMetricNames);
  if (draws !== undefined) positiveInteger('evaluateData', 'draws', draws);
  if (count !== undefined && (!Number.isInteger(count) || count < 2 || count > real.count))
    throw new UsageError(
      `real images expected a number from 2 to the ${real.count} that "${real.name}" has but received ${count}`,
    );
  const bound = metrics.find(isBound);
  if (bound !== undefined && !autoencoder.likelihood)
    throw new UsageError(
      `${bound} needs a model with a likelihood of pixels but this one has none: it can be judged by reconstruction`,
    );
}

function isBound(metric: DataMetric): boolean {
  return metric !== 'reconstruction';
}

type Judging = Pick<EvaluateDataOptions, 'autoencoder' | 'metrics'> & {
  readonly draws: number;
  readonly random: Generator;
};

function judge(images: Tensor, each: PerImage, { autoencoder, metrics, draws, random }: Judging): void {
  const seen = autoencoder.view ? autoencoder.view.of(images) : images;
  if (metrics.some(isBound) && autoencoder.likelihood) {
    const logWeights = autoencoder.likelihood.logWeights(seen, { draws, random });
    push(each.elbo, evidenceBound(logWeights).toTypedArray());
    push(each.iwae, importanceWeightedBound(logWeights).toTypedArray());
  }
  if (metrics.includes('reconstruction')) {
    const reconstructions = autoencoder.reconstruct(seen);
    const { perImage } = reconstructionErrors({ images: seen, reconstructions });
    for (const name of ['mse', 'mae'] as const) push(each[name], perImage[name]);
    push(
      each.psnr,
      perImage.psnr.map((value) => Math.min(value, MOST_PSNR)),
    );
  }
}

function push(values: number[], more: ArrayLike<number | bigint>): void {
  for (let i = 0; i < more.length; i++) values.push(Number(more[i]));
}

type Numbers = (each: PerImage, options: EvaluateDataOptions) => Readonly<Record<string, Measured>>;

const NUMBERS: Readonly<Record<DataMetric, Numbers>> = {
  elbo: ({ elbo }, options) => ({ elbo: mean(elbo), ...bits(elbo, options) }),
  iwae: ({ iwae }) => ({ iwae: mean(iwae) }),
  reconstruction: ({ mse, mae, psnr }) => ({ mse: mean(mse), mae: mean(mae), psnr: mean(psnr) }),
};

function mean(values: readonly number[]): Measured {
  return { value: meanOf(values), error: errorOfMean(values) };
}

/** By the evidence bound, for likelihoods that compare in bits. */
function bits(
  bounds: readonly number[],
  { autoencoder, real }: EvaluateDataOptions,
): Readonly<Record<string, Measured>> {
  const binWidth = autoencoder.likelihood?.binWidth;
  if (binWidth === undefined) return {};
  const { channels, height, width } = real.spec;
  return scope(() => {
    const measured = bitsPerDimension(tensor([...bounds], { dtype: 'float64' }), {
      dimensions: channels * height * width,
      binWidth,
    });
    return { bitsPerDimension: { value: measured.mean, error: measured.error } };
  });
}

async function protocolOf({
  autoencoder: { view, likelihood },
  real,
  metrics,
  count,
  draws,
  seed,
  protocol,
}: EvaluateDataOptions & { readonly draws: number }): Promise<Protocol> {
  return {
    of: 'real images in an autoencoder',
    real: real.name,
    realSha256: await contentHash(real),
    realCount: count ?? real.count,
    resolution: real.spec.height === real.spec.width ? real.spec.height : sizeText(real.spec),
    pixels: view?.name ?? 'as they are',
    ...(metrics.some(isBound) && likelihood && { likelihood: likelihood.name, draws, seed }),
    ...(metrics.includes('reconstruction') && {
      reconstruction: 'of the posterior’s mean',
      psnr: PSNR_WORDS,
    }),
    ...protocol,
    version,
  };
}
