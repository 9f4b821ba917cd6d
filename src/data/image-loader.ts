import { GanError, UsageError } from '../errors';
import type { BatchMaker, Traversal } from './batches';
import { EpochOrder, type Place } from './epoch-order';
import type { DataIdentity } from './identity';
import { type ImageSize, sizeOf, sizeText } from './image-size';
import type { DataSpecs } from './image-spec';
import { Jitter } from './jitter';
import {
  type Batch,
  isCount,
  type Loader,
  type LoaderOptions,
  type LoaderState,
  requireSeed,
} from './loader';
import { type PixelSource, RESIDENT_BYTES } from './pixels';
import { ResidentBatches } from './resident-batches';
import { type Share, shareOf, WHOLE } from './share';
import { StreamedBatches } from './streamed-batches';

/** What a loader needs of a data set. */
export interface LoaderSource {
  readonly name: string;
  /** The images of an example, all of one size: their channels lie one after another in its pixels. */
  readonly specs: DataSpecs;
  readonly count: number;
  readonly pixels: PixelSource;
  readonly labels: Int32Array | null;
  /** What the images are. */
  identity(): Promise<DataIdentity>;
}

/**
 * A loader over `source`; see `Dataset.loader`.
 * @throws ERR_USAGE when an option is out of range, or the batch larger than the set.
 */
export function makeLoader(source: LoaderSource, options: LoaderOptions): Loader {
  return new ImageLoader(source, options);
}

class ImageLoader implements Loader {
  readonly name: string;
  readonly specs: DataSpecs;
  readonly identity: () => Promise<DataIdentity>;
  readonly #count: number;
  readonly #traversalOf: (order: { readonly batch: number; readonly seed: number }) => Traversal;
  readonly #batches: BatchMaker;
  #batch: number;
  #seed: number;
  #share = WHOLE;
  #traversal: Traversal;
  #place: Place = { epoch: 0, position: 0 };
  #disposed = false;

  constructor(
    source: LoaderSource,
    { batch, seed = 0, shuffle = true, device = 'cpu', resident, crop, flip = false }: LoaderOptions,
  ) {
    const { name, specs, count, pixels, labels } = source;
    requireBatch({ name, count }, batch);
    requireSeed(seed);
    const [from] = Object.values(specs);
    const to = crop === undefined ? from : requireCrop(name, from, sizeOf(crop));
    this.name = name;
    this.identity = () => source.identity();
    this.specs = Object.fromEntries(
      Object.entries(specs).map(([key, spec]) => [key, { ...spec, height: to.height, width: to.width }]),
    );
    this.#count = count;
    const isCut = to.height < from.height || to.width < from.width;
    this.#traversalOf = ({ batch, seed }) => ({
      order: new EpochOrder({ count, batch, seed, shuffle, share: this.#share }),
      jitter: isCut || flip ? new Jitter({ count, seed, from, to, flip }) : null,
    });
    this.#batch = batch;
    this.#seed = seed;
    this.#traversal = this.#traversalOf({ batch, seed });
    const material = { pixels, labels, specs };
    const fits = count * pixels.imageBytes <= RESIDENT_BYTES;
    this.#batches =
      (resident ?? fits) ? new ResidentBatches(material, device) : new StreamedBatches(material, device);
  }

  get batch(): number {
    return this.#batch;
  }

  get batchesPerEpoch(): number {
    return Math.floor(this.#count / this.#batch);
  }

  async next(): Promise<Batch> {
    return (await this.fetch())();
  }

  async fetch(): Promise<() => Batch> {
    if (this.#disposed)
      throw new GanError('ERR_RELEASED', `the loader of "${this.name}" was disposed: make a new one`);
    const { order } = this.#traversal;
    const place = order.startOf(this.#place);
    this.#place = order.after(place);
    return this.#batches.prepare(place, this.#traversal);
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

  nextEpoch({ epoch, seed }: LoaderState): LoaderState {
    return { epoch: Number(epoch) + 1, position: 0, seed };
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
    this.#traversal = this.#traversalOf({ batch: this.#batch, seed });
  }

  resize(batch: number): void {
    requireBatch({ name: this.name, count: this.#count }, batch);
    shareOf(batch, this.#share);
    this.#batch = batch;
    this.#traversal = this.#traversalOf({ batch, seed: this.#seed });
  }

  share(share: Share): void {
    shareOf(this.#batch, share);
    const { index, of } = this.#share;
    // What was read ahead, or sent to the device, is of the order that is there.
    if (share.index === index && share.of === of) return;
    this.#share = share;
    this.#traversal = this.#traversalOf({ batch: this.#batch, seed: this.#seed });
  }

  to(device: string): void {
    this.#batches.to(device);
  }

  dispose(): void {
    this.#disposed = true;
    this.#batches.dispose();
  }
}

/** @throws UsageError unless a set gives batches of this size */
function requireBatch({ name, count }: { name: string; count: number }, batch: number): void {
  if (!Number.isInteger(batch) || batch < 1)
    throw new UsageError(`batch must be a positive integer, got ${batch}`);
  if (batch > count)
    throw new UsageError(
      `a batch of ${batch} is larger than the data set "${name}", which has ${count} images`,
    );
}

function requireCrop(name: string, from: ImageSize, to: ImageSize): ImageSize {
  for (const side of ['height', 'width'] as const)
    if (!Number.isInteger(to[side]) || to[side] < 1 || to[side] > from[side])
      throw new UsageError(
        `crop must be whole numbers from 1 to the images’ size: those of "${name}" are ${sizeText(from)}, but ${sizeText(to)} was asked for`,
      );
  return to;
}
