import { Prng } from './prng';

/** A place in the endless stream of batches: an epoch, and how many of its images came before. */
export interface Place {
  readonly epoch: number;
  readonly position: number;
}

/** How an endless stream of batches runs through a data set. */
export interface OrderOptions {
  readonly count: number;
  readonly batch: number;
  readonly seed: number;
  readonly shuffle: boolean;
}

/**
 * The order in which a loader visits images: a new permutation each epoch that depends on count, seed and epoch alone, so that any
 * place can be gone back to without replaying what came before. An incomplete last batch is left out.
 */
export class EpochOrder {
  readonly #options: OrderOptions;
  #epoch = -1;
  #order: Int32Array = new Int32Array(0);

  constructor(options: OrderOptions) {
    this.#options = options;
  }

  /** Images a batch. */
  get batch(): number {
    return this.#options.batch;
  }

  /** `place`, or the start of the next epoch where no whole batch is left in this one. */
  startOf(place: Place): Place {
    const { count, batch } = this.#options;
    return place.position + batch <= count ? place : { epoch: place.epoch + 1, position: 0 };
  }

  /** The place after the batch that starts at `place`. */
  after(place: Place): Place {
    return { epoch: place.epoch, position: place.position + this.#options.batch };
  }

  /** All image indices in the order of `epoch`; not to be changed. */
  epoch(epoch: number): Int32Array {
    const { count, seed, shuffle } = this.#options;
    if (epoch !== this.#epoch) {
      this.#order = shuffle
        ? new Prng(seed, epoch).permutation(count)
        : Int32Array.from({ length: count }, (_, i) => i);
      this.#epoch = epoch;
    }
    return this.#order;
  }

  /** Image indices of the batch that starts at `place`. */
  indices({ epoch, position }: Place): Int32Array {
    return this.epoch(epoch).slice(position, position + this.#options.batch);
  }
}
