import { argumentError } from '../check';
import { UsageError } from '../errors';
import type { JsonObject } from '../io/json';
import { handTo, openScope } from '../tensor/scope';
import { Tensor } from '../tensor/tensor';
import type { DataIdentity } from './identity';
import type { Resolution } from './image-size';
import type { DataSpecs } from './image-spec';
import type { Share } from './share';

/** The tensors of a step by name, on the loader's device: `images` float32 [N, C, H, W] in [−1, 1], `labels` int64 [N], … */
export type Batch = Readonly<Record<string, Tensor>>;

/** Where a loader is, as JSON that it alone reads: with its data set and batch this decides every batch that is to come. */
export type LoaderState = JsonObject;

/** How to run through a data set. */
export interface LoaderOptions {
  /** Images a batch. */
  readonly batch: number;
  /** Of the order, and of where images are cut and which are mirrored (0). */
  readonly seed?: number;
  /** A new random order each epoch; else the set's own (true). */
  readonly shuffle?: boolean;
  /** Where batches are made (cpu). */
  readonly device?: string;
  /** Keep the whole set on the device; else read batches ahead (true up to 1 GiB of pixels). */
  readonly resident?: boolean;
  /** Cut images of this size out of each, at a random place, another each epoch (the whole image). */
  readonly crop?: Resolution;
  /** Mirror each image left to right with probability ½, drawn anew each epoch (false). */
  readonly flip?: boolean;
}

/** An endless stream of batches of one size, until that is changed; what is left over at an epoch's end is dropped. */
export interface Loader {
  /** The data set's name. */
  readonly name: string;
  readonly specs: DataSpecs;
  readonly batch: number;
  readonly batchesPerEpoch: number;
  /** Passes through the set that were begun before this one. */
  readonly epoch: number;
  /**
   * The next batch. The caller owns its tensors and disposes them: call it outside scopes, which close before a promise settles.
   * @throws ERR_RELEASED after `dispose`.
   */
  next(): Promise<Batch>;
  /**
   * Like `next`, but the batch is made when the function is called, in the scope of the caller, who then need not dispose it.
   * A loader without this method is asked for `next`.
   */
  fetch?(): Promise<() => Batch>;
  /** The place of the batch that `next` gives next. */
  state(): LoaderState;
  /** The place of the first batch of the first epoch. */
  start(): LoaderState;
  /**
   * Goes to a place: the batches from there on are the same, bit for bit, as they were or would have been.
   * @throws ERR_LOADER_STATE for a place that is not in this set.
   */
  setState(state: LoaderState): void;
  /**
   * The place of the first batch of the epoch after a place, which may be of a set of another number of images: a new order begins there. A
   * loader without this method begins with `start`.
   */
  nextEpoch?(state: LoaderState): LoaderState;
  /** What the images are, for whoever comes back to them; a loader without this method does not tell. */
  identity?(): Promise<DataIdentity>;
  /**
   * Makes batches of another size from now on, from the place where it is: images before it stay seen, and `batch` and `batchesPerEpoch`
   * are of the new size. A loader without this method has one size for good.
   * @throws ERR_USAGE for a size that the set does not give
   */
  resize?(batch: number): void;
  /**
   * Makes only a part of each batch from now on, from the place where it is: `batch` and all places stay those of the whole. A loader without
   * this method serves one process.
   * @throws ERR_USAGE for a batch that has no such parts
   */
  share?(share: Share): void;
  /** Makes the batches on another device from now on. */
  to(device: string): void;
  /** Gives back the resident copy, or closes the file. */
  dispose(): void;
}

/** The next batch as `fetch` gives it, whichever of the two a loader has. What is no batch is an error when it is made. */
export async function fetchFrom(loader: Loader): Promise<() => Batch> {
  const owner = `the loader of "${loader.name}"`;
  if (loader.fetch) {
    const make = await loader.fetch();
    return () => requireBatch(owner, make());
  }
  const batch = requireBatch(owner, await loader.next());
  return () => handTo(openScope(), batch);
}

/** `batch`, tensors by name, at least one. @throws UsageError */
export function requireBatch(owner: string, batch: Batch): Batch {
  if (typeof batch !== 'object' || batch === null) throw noBatch(owner, batch);
  const tensors = Object.values(batch);
  const other = tensors.find((tensor) => !(tensor instanceof Tensor));
  if (tensors.length === 0 || other !== undefined) throw noBatch(owner, other ?? batch);
  return batch;
}

function noBatch(owner: string, received: unknown): UsageError {
  return argumentError(owner, 'to make a batch, tensors by name,', received);
}

/** The place of the first batch of the epoch after `state`, or of all where a loader does not tell: {@link Loader.nextEpoch}. */
export function nextEpochOf(loader: Loader, state: LoaderState): LoaderState {
  return loader.nextEpoch?.(state) ?? loader.start();
}

/** Gives a loader another batch: {@link Loader.resize}. @throws UsageError for a loader that cannot change it */
export function resizeLoader(loader: Loader, batch: number): void {
  if (batch === loader.batch) return;
  if (!loader.resize)
    throw new UsageError(
      `expected a loader whose batch can change, from ${loader.batch} to ${batch}, but that of "${loader.name}" has no resize(): write it, or train in batches of one size`,
    );
  loader.resize(batch);
}

/** Gives a loader its part of every batch: {@link Loader.share}. @throws UsageError for a loader that has none */
export function shareLoader(loader: Loader, share: Share): void {
  if (loader.share) loader.share(share);
  else if (share.of > 1)
    throw new UsageError(
      `expected a loader whose batches ${share.of} processes can share, but that of "${loader.name}" has no share(): write it, or train in one process`,
    );
}

/** @throws UsageError unless a seed is one */
export function requireSeed(seed: number): void {
  if (!isCount(seed)) throw new UsageError(`seed must be a non-negative integer, got ${seed}`);
}

/** Whether a value of a state is a number of things. */
export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
