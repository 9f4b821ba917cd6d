import { setImmediate as turn } from 'node:timers/promises';
import { quantise } from '../data/levels';
import { alone, type ProcessGroup } from '../parallel/group';
import { noGrad } from '../tensor/autograd';
import { zeros } from '../tensor/create';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import type { FeatureExtractor } from './extractor';
import { FeatureSet } from './feature-set';
import type { ImageRange } from './image-range';
import type { ImageSource } from './image-source';
import { FeatureMoments } from './moments';

/** How far a pass over images is. */
export interface EvaluationProgress {
  readonly task: string;
  readonly done: number;
  readonly total: number;
}

/** How {@link collect} passes images through a feature network. */
export interface CollectOptions {
  readonly extractor: FeatureExtractor;
  /** Features to keep one by one: those of the first so many images. */
  readonly features: number;
  /** Logits are kept too (false). */
  readonly logits?: boolean;
  /** Images are rounded to the 256 levels a picture file has (false). */
  readonly quantise?: boolean;
  /** Told the values of all images, before rounding; it refuses what is not finite. */
  readonly range?: ImageRange;
  /** Sees each piece of images, before rounding, inside a scope. */
  readonly onImages?: (images: Tensor, start: number) => void;
  /** Told after each piece of the work. */
  readonly onProgress?: (progress: EvaluationProgress) => void;
  /** Where features lie (cpu). */
  readonly device?: string;
  /** What the progress calls it. */
  readonly task?: string;
  readonly signal?: AbortSignal;
  /**
   * Processes that each make their share of the images, and all get the features of all: every one must ask the same. `range` and `onImages` see
   * the images of their own process (this process alone).
   */
  readonly group?: ProcessGroup;
}

/** What {@link collect} leaves; the caller's to dispose. */
export interface Collected {
  readonly moments: FeatureMoments;
  /** Of the first images. */
  readonly features: FeatureSet;
  /** float32 [N, k], or null where they were not asked for or the network has none. */
  readonly logits: FeatureSet | null;
}

/** Images at once: enough to keep two cores busy, little memory at 299 × 299. */
const CHUNK = 250;

/**
 * Passes images through a feature network once, piece by piece. The event loop turns between pieces.
 *
 * @throws GanError `ERR_BAD_FEATURES` naming the first image whose features are not finite; the signal's reason when it is aborted
 */
export async function collect(source: ImageSource, options: CollectOptions): Promise<Collected> {
  const { extractor, device = 'cpu', group = alone, onProgress, signal, task = 'features' } = options;
  const { count } = source;
  const { dimensions, classes } = extractor;
  const moments = new FeatureMoments(dimensions, { device });
  const features = new FeatureSet({ capacity: Math.min(options.features, count), dimensions, device });
  const keepsLogits = options.logits === true && classes > 0;
  const logits = keepsLogits ? new FeatureSet({ capacity: count, dimensions: classes, device }) : null;
  try {
    for (let start = 0; start < count; start += CHUNK * group.size) {
      signal?.throwIfAborted();
      const end = Math.min(count, start + CHUNK * group.size);
      const own = partOf({ start, end }, group);
      const make = own.end > own.start ? await source.fetch(own.start, own.end) : null;
      scope(() =>
        noGrad(() => {
          const images = make?.();
          if (images) options.range?.add(images, own.start);
          if (images) options.onImages?.(images, own.start);
          const result = images && extractor.extract(options.quantise ? quantise(images) : images);
          const rows = { length: end - start, at: own.start - start, device };
          const found = ofAll(group, result?.features, { ...rows, dimensions });
          moments.add(found);
          if (start < features.capacity) features.add(firstRows(found, features.capacity - start));
          if (keepsLogits) logits?.add(ofAll(group, result?.logits, { ...rows, dimensions: classes }));
        }),
      );
      onProgress?.({ task, done: end, total: count });
      await turn();
    }
    return { moments, features, logits };
  } catch (error) {
    moments.dispose();
    features.dispose();
    logits?.dispose();
    throw error;
  }
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** The part of a span of images that is a process's. */
function partOf({ start, end }: Span, { rank, size }: ProcessGroup): Span {
  const at = (index: number) => start + Math.floor(((end - start) * index) / size);
  return { start: at(rank), end: at(rank + 1) };
}

/** The rows that all processes have found, each at its place, of one's own; null or undefined for none. */
function ofAll(
  group: ProcessGroup,
  own: Tensor | null | undefined,
  {
    length,
    at,
    dimensions,
    device,
  }: { readonly length: number; readonly at: number; readonly dimensions: number; readonly device: string },
): Tensor {
  if (group.size === 1 && own) return own;
  const all = zeros([length, dimensions], { device });
  if (own) all.narrow(0, { start: at, length: own.shape[0] }).copy_(own);
  group.allReduce([all], 'sum');
  return all;
}

function firstRows(features: Tensor, count: number): Tensor {
  return count >= features.shape[0] ? features : features.narrow(0, { start: 0, length: count });
}
