import { createHash } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { contentHash } from '../data/content-hash';
import type { ImageDataset } from '../data/dataset';
import { Prng } from '../data/prng';
import { UsageError } from '../errors';
import { readSafetensors, writeSafetensors } from '../io/safetensors';
import { recordsToTensors, tensorsToRecords } from '../io/tensors';
import { cacheFolder } from '../native/root';
import { keep, scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import { type CollectOptions, collect } from './collect';
import type { FeatureExtractor } from './extractor';
import { datasetImages } from './image-source';
import { FeatureMoments } from './moments';

/** What {@link prepareReal} is told. */
export interface RealOptions extends Pick<CollectOptions, 'onProgress' | 'signal'> {
  readonly extractor: FeatureExtractor;
  /** Images for the mean and covariance, drawn without repetition (all). */
  readonly count?: number;
  /** Images whose features must be at hand one by one, e.g. for KID (10,000, or all where there are fewer). */
  readonly features?: number;
  /** Where the statistics are kept (the user's cache); null keeps them nowhere. */
  readonly cache?: string | null;
  /** Where features are computed (cpu). */
  readonly device?: string;
}

/** The real side of an evaluation: features of a data set, computed once. */
export interface RealImages {
  readonly dataset: ImageDataset;
  readonly extractor: FeatureExtractor;
  /** sha256 of the images. */
  readonly hash: string;
  /** Images in the moments. */
  readonly count: number;
  readonly moments: FeatureMoments;
  /** Features float32 [K, d] of the first K images of `order`. */
  readonly features: Tensor;
  /** Places in the data set: a fixed random order. */
  readonly order: Int32Array;
  /** Whether they came from the cache. */
  readonly cached: boolean;
  dispose(): void;
}

/** The version of what the cache holds: raised when the computation changes. */
const VERSION = 1;
/** The order that real images are taken in, for everybody: figures must not depend on it. */
const ORDER_SEED = 0;
/** Features are all kept, for nearest neighbours, while they take no more than this. */
const KEPT_BYTES = 1 << 26;
const DEFAULT_FEATURES = 10_000;

/**
 * Passes a data set through a feature network: mean and covariance of all its images, and the features themselves of a random part.
 * The result is kept in a cache by the hash of pixels and weights, so that it is computed once for a data set.
 *
 * @throws UsageError for more images than the set has; GanError `ERR_BAD_FEATURES` naming an image whose features are not finite
 */
export async function prepareReal(dataset: ImageDataset, options: RealOptions): Promise<RealImages> {
  const { extractor, count = dataset.count, features = DEFAULT_FEATURES } = options;
  checkCounts(dataset, { count, features });
  const order = new Prng(ORDER_SEED).permutation(dataset.count).subarray(0, count);
  const capacity = keptRows({ count, features, dimensions: extractor.dimensions });
  const hash = await contentHash(dataset);
  const file = cacheFile(hash, { ...options, count, capacity });
  const known = file && (await readStatistics(file, { ...options, count, capacity }));
  const statistics = known || (await compute(dataset, { ...options, order, capacity }));
  if (file && !known) await writeStatistics(file, statistics);
  return {
    ...statistics,
    dataset,
    extractor,
    hash,
    count,
    order,
    cached: Boolean(known),
    dispose() {
      statistics.moments.dispose();
      statistics.features.dispose();
    },
  };
}

function checkCounts({ name, count: most }: ImageDataset, counts: { count: number; features: number }): void {
  for (const [what, value] of Object.entries(counts))
    if (!Number.isInteger(value) || value < 2)
      throw new UsageError(
        `${what} of real images expected a whole number of at least 2 but received ${value}`,
      );
  if (counts.count > most)
    throw new UsageError(
      `${counts.count} real images were asked for but "${name}" has ${most}: ask for fewer`,
    );
}

/** All where they take little memory, else as many as somebody asked for, and no fewer than usual. */
function keptRows({
  count,
  features,
  dimensions,
}: {
  count: number;
  features: number;
  dimensions: number;
}): number {
  if (4 * count * dimensions <= KEPT_BYTES) return count;
  return Math.min(count, Math.max(features, DEFAULT_FEATURES));
}

/** What statistics are of, beside the images. */
interface Sizes extends Pick<RealOptions, 'extractor' | 'device' | 'cache'> {
  readonly count: number;
  readonly capacity: number;
}

function cacheFile(hash: string, { extractor, count, capacity, cache }: Sizes): string | null {
  if (cache === null) return null;
  const key = createHash('sha256')
    .update(JSON.stringify([VERSION, hash, extractor.sha256, extractor.resize, count, capacity]))
    .digest('hex');
  return join(cache ?? join(cacheFolder(), 'statistics'), `${key}.safetensors`);
}

interface Statistics {
  readonly moments: FeatureMoments;
  readonly features: Tensor;
}

async function compute(
  dataset: ImageDataset,
  {
    extractor,
    order,
    capacity,
    device,
    onProgress,
    signal,
  }: RealOptions & { order: Int32Array; capacity: number },
): Promise<Statistics> {
  const source = datasetImages(dataset, { indices: order, device });
  const task = `features of ${dataset.name}`;
  const { moments, features } = await collect(source, {
    extractor,
    features: capacity,
    device,
    task,
    onProgress,
    signal,
  });
  try {
    return { moments, features: keep(features.tensor) };
  } finally {
    // The view above holds the memory.
    features.dispose();
  }
}

/** Statistics from the cache; null where they are not there, or damaged: they are computed again. */
async function readStatistics(
  file: string,
  { extractor: { dimensions }, count, capacity, device = 'cpu' }: Sizes,
): Promise<Statistics | null> {
  const read = await readSafetensors(file).catch(() => null);
  const { features, ...state } = read?.records ?? {};
  if (!features || String(features.shape) !== String([capacity, dimensions])) return null;
  try {
    const moments = scope(() => FeatureMoments.fromState(recordsToTensors(state), { device }));
    if (moments.count === count && moments.dimensions === dimensions)
      return { moments, features: keep(recordsToTensors({ features }, { device }).features) };
    moments.dispose();
    return null;
  } catch {
    return null;
  }
}

/** Writes beside the place and renames: two evaluations may do it at once. */
async function writeStatistics(file: string, { moments, features }: Statistics): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  const records = scope(() => tensorsToRecords({ ...moments.stateDict(), features }));
  try {
    await mkdir(join(file, '..'), { recursive: true });
    await writeSafetensors(temporary, records);
    await rename(temporary, file);
  } catch {
    // Without a cache it is slower the next time, and nothing else.
    await rm(temporary, { force: true }).catch(() => {});
  }
}
