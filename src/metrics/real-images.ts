import type { PartImages } from '../data/part-images';
import { Prng } from '../data/prng';
import { UsageError } from '../errors';
import { keep, scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import { type CollectOptions, collect } from './collect';
import type { FeatureExtractor } from './extractor';
import { datasetImages } from './image-source';
import type { FeatureMoments } from './moments';
import { nearestNeighbours, neighbourDistances } from './nearest-neighbours';
import { readStatistics, type Statistics, statisticsFile, writeStatistics } from './real-cache';

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
  /** Told that kept statistics were damaged, and are computed again. */
  readonly onNote?: (note: string) => void;
}

/** What real images are, beside their statistics. */
interface RealFacts
  extends Pick<RealImages, 'dataset' | 'extractor' | 'hash' | 'count' | 'order' | 'cached'> {}

/** The real side of an evaluation: features of a data set, computed once. */
export class RealImages {
  readonly dataset: PartImages;
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
  readonly #distances = new Map<number, Tensor>();
  #usual: number | undefined;

  /** @see prepareReal */
  constructor(facts: RealFacts, { moments, features }: Statistics) {
    this.dataset = facts.dataset;
    this.extractor = facts.extractor;
    this.hash = facts.hash;
    this.count = facts.count;
    this.order = facts.order;
    this.cached = facts.cached;
    this.moments = moments;
    this.features = features;
  }

  /** The classes of the images whose features are at hand; null where the data set has none. */
  get labels(): Int32Array | null {
    const { labels } = this.dataset;
    return labels && this.order.subarray(0, this.features.shape[0]).map((place) => labels[place]);
  }

  /** Distances float64 [n, k] of the first n images to their nearest others among them: computed once for each n. */
  neighbourDistances(n: number, k: number): Tensor {
    const known = this.#distances.get(n);
    if (known && known.shape[1] === k) return known;
    known?.dispose();
    const distances = keep(
      scope(() => neighbourDistances(this.features.narrow(0, { start: 0, length: n }), { k })),
    );
    this.#distances.set(n, distances);
    return distances;
  }

  /** The median distance of an image to its nearest other one, by a thousand of them. */
  get usualDistance(): number {
    this.#usual ??= this.#medianDistance();
    return this.#usual;
  }

  /** Releases the statistics; extractor and data set stay. */
  dispose(): void {
    this.moments.dispose();
    this.features.dispose();
    for (const distances of this.#distances.values()) distances.dispose();
  }

  #medianDistance(): number {
    const { features } = this;
    return scope(() => {
      const queries = features.narrow(0, { start: 0, length: Math.min(PROBES, features.shape[0]) });
      // The nearest of all is the image itself.
      const { distances } = nearestNeighbours({ queries, references: features }, { k: 2 });
      const others = Array.from(distances.select(1, 1).contiguous().toTypedArray(), Number);
      return others.sort((a, b) => a - b)[Math.floor(others.length / 2)];
    });
  }
}

/** Images whose nearest other one says what is usual. */
const PROBES = 1_000;
/** The order that real images are taken in, for everybody: figures must not depend on it. */
const ORDER_SEED = 0;
/** Features are all kept, for nearest neighbours, while they take no more than this. */
const KEPT_BYTES = 1 << 26;
const DEFAULT_FEATURES = 10_000;

/**
 * Passes a data set through a feature network: mean and covariance of all its images, and the features themselves of a random part.
 * The result is kept in a cache by the hash of pixels and weights, so that it is computed once for a data set; with a hash of its own,
 * so that a file with a flipped bit is not taken.
 *
 * @throws UsageError for more images than the set has; GanError `ERR_BAD_FEATURES` naming an image whose features are not finite
 */
export async function prepareReal(dataset: PartImages, options: RealOptions): Promise<RealImages> {
  const { extractor, count = dataset.count, features = DEFAULT_FEATURES } = options;
  checkCounts(dataset, { count, features });
  const order = imageOrder(dataset, count);
  const capacity = keptRows({ count, features, dimensions: extractor.dimensions });
  const hash = await dataset.sha256();
  const id = { ...options, count, capacity };
  const file = statisticsFile(hash, id);
  const known = file && (await readStatistics(file, id, options.onNote));
  const statistics = known || (await compute(dataset, { ...options, order, capacity }));
  if (file && !known) await writeStatistics(file, statistics);
  return new RealImages({ dataset, extractor, hash, count, order, cached: Boolean(known) }, statistics);
}

/** Places of the first `count` images of a data set in a fixed random order. */
export function imageOrder(dataset: Pick<PartImages, 'count'>, count: number): Int32Array {
  return new Prng(ORDER_SEED).permutation(dataset.count).subarray(0, count);
}

function checkCounts({ name, count: most }: PartImages, counts: { count: number; features: number }): void {
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

/** All where they take little memory, else as many as were asked for, and no fewer than usual. */
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

async function compute(
  dataset: PartImages,
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
