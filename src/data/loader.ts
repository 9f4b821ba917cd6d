import { GanError, UsageError } from '../errors';
import type { JsonObject } from '../io/json';
import type { Tensor } from '../tensor/tensor';
import { type BatchMaker, ResidentBatches, StreamedBatches } from './batches';
import type { DataSpecs, ImageSpec } from './dataset';
import { EpochOrder, type Place } from './epoch-order';
import { type PixelSource, RESIDENT_BYTES } from './pixels';

/** The tensors of a step by name, on the loader's device: `images` float32 [N, C, H, W] in [−1, 1], `labels` int64 [N], … */
export type Batch = Readonly<Record<string, Tensor>>;

/** Where a loader is, as JSON that it alone reads: with its data set and batch this decides every batch that is to come. */
export type LoaderState = JsonObject;

/** How to run through a data set. */
export interface LoaderOptions {
  /** Images a batch. */
  readonly batch: number;
  /** Of the order (0). */
  readonly seed?: number;
  /** A new random order each epoch; else the set's own (true). */
  readonly shuffle?: boolean;
  /** Where batches are made (cpu). */
  readonly device?: string;
  /** Keep the whole set on the device; else read batches ahead (true up to 1 GiB of pixels). */
  readonly resident?: boolean;
}

/** An endless stream of batches of one size; what is left over at an epoch's end is dropped. */
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
  /** Makes the batches on another device from now on. */
  to(device: string): void;
  /** Gives back the resident copy, or closes the file. */
  dispose(): void;
}

/** What a loader needs of a data set. */
export interface LoaderSource {
  readonly name: string;
  readonly spec: ImageSpec;
  readonly count: number;
  readonly pixels: PixelSource;
  readonly labels: Int32Array | null;
}

/**
 * A loader over `source`; see `ImageDataset.loader`.
 * @throws ERR_USAGE when an option is out of range, or the batch larger than the set.
 */
export function makeLoader(source: LoaderSource, options: LoaderOptions): Loader {
  return new ImageLoader(source, options);
}

class ImageLoader implements Loader {
  readonly name: string;
  readonly specs: DataSpecs;
  readonly batch: number;
  readonly batchesPerEpoch: number;
  readonly #count: number;
  readonly #shuffle: boolean;
  readonly #batches: BatchMaker;
  #seed: number;
  #order: EpochOrder;
  #place: Place = { epoch: 0, position: 0 };
  #disposed = false;

  constructor(
    { name, spec, count, pixels, labels }: LoaderSource,
    { batch, seed = 0, shuffle = true, device = 'cpu', resident }: LoaderOptions,
  ) {
    if (!Number.isInteger(batch) || batch < 1)
      throw new UsageError(`batch must be a positive integer, got ${batch}`);
    if (!isCount(seed)) throw new UsageError(`seed must be a non-negative integer, got ${seed}`);
    if (batch > count)
      throw new UsageError(
        `a batch of ${batch} is larger than the data set "${name}", which has ${count} images`,
      );
    this.name = name;
    this.specs = { images: spec };
    this.batch = batch;
    this.batchesPerEpoch = Math.floor(count / batch);
    this.#count = count;
    this.#shuffle = shuffle;
    this.#seed = seed;
    this.#order = this.#orderOf(seed);
    const material = { pixels, labels, shape: [spec.channels, spec.height, spec.width] };
    const fits = count * pixels.imageBytes <= RESIDENT_BYTES;
    this.#batches =
      (resident ?? fits) ? new ResidentBatches(material, device) : new StreamedBatches(material, device);
  }

  async next(): Promise<Batch> {
    return (await this.fetch())();
  }

  async fetch(): Promise<() => Batch> {
    if (this.#disposed)
      throw new GanError('ERR_RELEASED', `the loader of "${this.name}" was disposed: make a new one`);
    const place = this.#order.startOf(this.#place);
    this.#place = this.#order.after(place);
    return this.#batches.prepare(place, this.#order);
  }

  get epoch(): number {
    return this.#place.epoch;
  }

  state(): LoaderState {
    return { ...this.#place, seed: this.#seed };
  }

  start(): LoaderState {
    return { epoch: 0, position: 0, seed: this.#seed };
  }

  setState(state: LoaderState): void {
    const { epoch, position, seed } = state;
    if (!isCount(epoch) || !isCount(seed) || !isCount(position) || position > this.#count)
      throw new GanError(
        'ERR_LOADER_STATE',
        `the loader cannot go to ${JSON.stringify(state)}: epoch, position and seed, non-negative integers, are expected, and "${this.name}" has ${this.#count} images; it may not be the set the state was saved with`,
      );
    this.#place = { epoch, position };
    this.#seed = seed;
    this.#order = this.#orderOf(seed);
  }

  to(device: string): void {
    this.#batches.to(device);
  }

  dispose(): void {
    this.#disposed = true;
    this.#batches.dispose();
  }

  #orderOf(seed: number): EpochOrder {
    return new EpochOrder({ count: this.#count, batch: this.batch, seed, shuffle: this.#shuffle });
  }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
