import { Prng } from './prng';
import { type Share, shareOf, WHOLE } from './share';

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
  /** Which part of every batch is made (all of it). */
  readonly share?: Share;
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

  /** Where in the epoch's order the images are that are made of the batch which starts at `place`. */
  part({ position }: Place): { readonly start: number; readonly length: number } {
    const { batch, share = WHOLE } = this.#options;
    const length = shareOf(batch, share);
    return { start: position + share.index * length, length };
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

  /** Image indices of that part of the batch. */
  indices(place: Place): Int32Array {
    const { start, length } = this.part(place);
    return this.epoch(place.epoch).slice(start, start + length);
  }
}
