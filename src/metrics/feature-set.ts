import { argumentError, positiveInteger } from '../check';
import { GanError, UsageError } from '../errors';
import { noGrad } from '../tensor/autograd';
import { empty } from '../tensor/create';
import { defaultDevice } from '../tensor/device';
import { keep, scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';

/** How large a {@link FeatureSet} may grow, and where it lives. */
export interface FeatureSetOptions {
  /** d, the length of a feature vector. */
  readonly dimensions: number;
  /** The most images it will hold: their memory is taken at once, 4 · capacity · d bytes. */
  readonly capacity: number;
  readonly device?: string;
}

/** The feature vectors of many images, float32 [N, d], in memory once: batches are copied into their final place. */
export class FeatureSet {
  readonly dimensions: number;
  readonly capacity: number;
  readonly #buffer: Tensor;
  #count = 0;

  /** @throws UsageError unless `dimensions` and `capacity` are positive integers */
  constructor({ dimensions, capacity, device = defaultDevice() }: FeatureSetOptions) {
    this.dimensions = positiveInteger('FeatureSet', 'dimensions', dimensions);
    this.capacity = positiveInteger('FeatureSet', 'capacity', capacity);
    this.#buffer = keep(empty([capacity, dimensions], { device }));
  }

  /** N, images so far. */
  get count(): number {
    return this.#count;
  }

  /** The features so far, float32 [N, d]: a view of this set's memory, in the caller's scope. */
  get tensor(): Tensor {
    return this.#buffer.narrow(0, { start: 0, length: this.#count });
  }

  /**
   * Appends the features [n, d] of a batch.
   *
   * @throws UsageError where they have another length, or do not fit any more
   * @throws GanError `ERR_BAD_FEATURES` for NaN or infinity, naming the image
   */
  add(features: Tensor): void {
    requireFeatures('FeatureSet', features, { dimensions: this.dimensions, first: this.#count });
    const rows = features.shape[0];
    if (this.#count + rows > this.capacity)
      throw new UsageError(
        `FeatureSet expects at most ${this.capacity} images but received ${this.#count + rows}; give it a larger capacity`,
      );
    noGrad(() =>
      scope(() => {
        this.#buffer.narrow(0, { start: this.#count, length: rows }).copy_(features);
      }),
    );
    this.#count += rows;
  }

  /** Gives its memory back. */
  dispose(): void {
    this.#buffer.dispose();
  }
}

/** What a metric asks of the features it is given. */
export interface Requirements {
  /** d, where it is known. */
  readonly dimensions?: number;
  /** How many images went before these, for the number in the error (0). */
  readonly first?: number;
  /** The fewest images the metric is defined for (0). */
  readonly atLeast?: number;
}

/**
 * Checks features [N, d] before a metric computes with them.
 *
 * @param owner the function the user called
 * @throws UsageError for another shape, or fewer images than the metric needs, naming the minimum
 * @throws GanError `ERR_BAD_FEATURES` for NaN or infinity, naming the row
 */
export function requireFeatures(
  owner: string,
  features: Tensor,
  { dimensions, first = 0, atLeast = 0 }: Requirements = {},
): void {
  const { shape } = features;
  if (shape.length !== 2 || (dimensions !== undefined && shape[1] !== dimensions) || shape[1] === 0)
    throw argumentError(owner, `features [N, ${dimensions ?? 'd'}]`, [...shape]);
  if (!features.dtype.startsWith('float'))
    throw argumentError(owner, 'features of a floating dtype', features.dtype);
  requireCount(owner, shape[0], atLeast);
  requireFinite(owner, features, first);
}

/** Checks that there are enough images for a metric. @throws UsageError naming the minimum */
export function requireCount(owner: string, count: number, atLeast: number): void {
  if (count < atLeast)
    throw new UsageError(`${owner} expects at least ${atLeast} images a set but received ${count}`);
}

/** Checks the features of two sets, which must have one length. @throws as {@link requireFeatures} */
export function requirePair(owner: string, [a, b]: readonly [Tensor, Tensor], atLeast: number): void {
  requireFeatures(owner, a, { atLeast });
  requireFeatures(owner, b, { atLeast, dimensions: a.shape[1] });
}

function requireFinite(owner: string, features: Tensor, first: number): void {
  scope(() => {
    // A sum is finite only if all of its terms are, and costs a tenth of the test of each one; it may overflow, though.
    if (Number.isFinite(features.detach().sum().item())) return;
    const broken = features.detach().isfinite().to({ dtype: 'int32' }).amin(1);
    if (broken.min().item() === 1) return;
    const row = first + broken.argmin().item();
    throw new GanError(
      'ERR_BAD_FEATURES',
      `${owner} expects finite features but row ${row} holds NaN or infinity; look at image ${row}, ` +
        'and at the network that made it',
    );
  });
}
