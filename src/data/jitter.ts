import { arange } from '../tensor/create';
import type { Tensor } from '../tensor/tensor';
import type { ImageSize } from './image-size';
import { Prng } from './prng';

/** How images are cut out and mirrored at random: pix2pix's jitter (Isola et al. 2017). */
export interface JitterOptions {
  /** Images of an epoch. */
  readonly count: number;
  readonly seed: number;
  /** Of the images as they lie in the set. */
  readonly from: ImageSize;
  /** Of what is cut out. */
  readonly to: ImageSize;
  readonly flip: boolean;
}

/** Keeps this stream apart from the one that orders an epoch. */
const STREAM = 0x71773;

/**
 * Where each image of an epoch is cut and whether it is mirrored: numbers that depend on seed, epoch and place in the order alone, so
 * that a place in the stream of batches needs no more to be told.
 */
export class Jitter {
  readonly #options: JitterOptions;
  #epoch = -1;
  #table: Int32Array = new Int32Array(0);

  constructor(options: JitterOptions) {
    this.#options = options;
  }

  /** The size of what is cut out. */
  get size(): ImageSize {
    return this.#options.to;
  }

  /** For every place of an epoch's order, three numbers [count, 3]: the top row, the column that comes first, and the step to the next. */
  epoch(epoch: number): Int32Array {
    if (epoch !== this.#epoch) {
      this.#table = this.#draw(epoch);
      this.#epoch = epoch;
    }
    return this.#table;
  }

  #draw(epoch: number): Int32Array {
    const { count, seed, from, to, flip } = this.#options;
    const random = new Prng(seed, epoch, STREAM);
    const table = new Int32Array(3 * count);
    for (let at = 0; at < table.length; at += 3) {
      const top = random.below(from.height - to.height + 1);
      const left = random.below(from.width - to.width + 1);
      const isMirrored = random.below(2) === 1 && flip;
      table.set(isMirrored ? [top, left + to.width - 1, -1] : [top, left, 1], at);
    }
    return table;
  }
}

/**
 * Cuts a piece out of each image, all channels alike, on their device.
 *
 * @param images [N, C, H, W] of any dtype
 * @param table int64 [N, 3], rows of {@link Jitter.epoch}
 */
export function cutOut(images: Tensor, table: Tensor, { height, width }: ImageSize): Tensor {
  const [count, channels, rows, columns] = images.shape;
  const { device } = images;
  const column = (index: number) => table.narrow(1, { start: index, length: 1 });
  const y = column(0).add(arange({ end: height }, { dtype: 'int64', device }));
  const x = column(1).add(column(2).mul(arange({ end: width }, { dtype: 'int64', device })));
  const places = y
    .mul(columns)
    .unsqueeze(2)
    .add(x.unsqueeze(1))
    .reshape([count, 1, height * width]);
  return images
    .reshape([count, channels, rows * columns])
    .gather(2, places.expand([count, channels, height * width]))
    .reshape([count, channels, height, width]);
}
