import { setImmediate as turn } from 'node:timers/promises';
import type { Protocol } from '../report/evaluations';
import type { Tensor } from '../tensor/tensor';
import { version } from '../version';
import type { CollectOptions } from './collect';
import type { Evaluation } from './evaluate';
import type { FeatureExtractor } from './extractor';
import { measures } from './measure';
import { DEFAULT_EPSILON, DEFAULT_PATHS, meanLength, type PathLengthOptions, pathSteps } from './path-length';

/** What {@link evaluatePaths} is told. */
export interface EvaluatePathsOptions
  extends Pick<CollectOptions, 'onProgress' | 'signal' | 'device'>,
    Pick<PathLengthOptions, 'generate' | 'map' | 'latentSize' | 'conditions'> {
  readonly extractor: FeatureExtractor;
  /** Paths (10,000): twice as many images. */
  readonly count?: number;
  /** Of the latents (0). */
  readonly seed?: number;
  /** What the protocol should say besides, e.g. whose weights these are. */
  readonly protocol?: Protocol;
}

/** Paths at once. */
const BATCH = 50;

/**
 * The perceptual path length by a feature network ({@link pathLength}), over whole paths, with its protocol: in w along straight lines, where there
 * is a w, else in z along great circles.
 *
 * @throws what {@link pathLength} throws
 */
export async function evaluatePaths(options: EvaluatePathsOptions): Promise<Evaluation> {
  const { extractor, count = DEFAULT_PATHS, seed = 0, onProgress, signal } = options;
  const start = performance.now();
  const lengths: number[] = [];
  const features = (images: Tensor) => extractor.extract(images).features;
  for (const piece of pathSteps({ ...options, features, count, seed, batch: BATCH, sampling: 'full' })) {
    lengths.push(...piece);
    onProgress?.({ task: 'path length', done: lengths.length, total: count });
    await turn();
    signal?.throwIfAborted();
  }
  const { mean, error } = meanLength(lengths);
  return {
    ...measures([['ppl', { value: mean, error }]]),
    protocol: {
      of: 'paths between latents',
      features: extractor.name,
      featuresSha256: extractor.sha256,
      resize: extractor.resize,
      paths: count,
      space: options.map ? 'w, straight lines' : 'z, great circles',
      epsilon: DEFAULT_EPSILON,
      kept: '1st to 99th percentile',
      seed,
      ...options.protocol,
      version,
    },
    seconds: { features: (performance.now() - start) / 1000, metrics: 0 },
  };
}
