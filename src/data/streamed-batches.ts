import { fromBytes, tensor } from '../tensor/create';
import { scope } from '../tensor/scope';
import {
  type BatchMaker,
  type BatchMaterial,
  imagesOf,
  shapeOf,
  type Traversal,
  tableTensor,
} from './batches';
import type { Place } from './epoch-order';
import type { Batch } from './loader';
import type { PixelReader } from './pixels';

/** Batches whose pixels are being read: the one asked for and those after it. */
const READ_AHEAD = 3;

interface Reading {
  readonly place: Place;
  readonly traversal: Traversal;
  readonly indices: Int32Array;
  readonly bytes: Promise<Uint8Array>;
}

/** Reads the pixels of the next batches ahead, without waiting for them, and sends a batch when it is asked for. */
export class StreamedBatches implements BatchMaker {
  readonly #material: BatchMaterial;
  #device: string;
  #reader: Promise<PixelReader> | null = null;
  #ahead: Reading[] = [];

  constructor(material: BatchMaterial, device: string) {
    this.#material = material;
    this.#device = device;
  }

  async prepare(place: Place, traversal: Traversal): Promise<() => Batch> {
    const { indices, bytes } = this.#take(place, traversal);
    const pixels = await bytes;
    const { labels } = this.#material;
    const shape = [indices.length, ...shapeOf(this.#material)];
    const { jitter, order } = traversal;
    const { start, length } = order.part(place);
    const table = jitter?.epoch(place.epoch).subarray(3 * start, 3 * (start + length));
    const device = this.#device;
    // Bytes and indices cross the bus; what is wider is made on the device.
    return () =>
      scope(() => ({
        ...imagesOf(fromBytes(pixels, { dtype: 'uint8', shape, device }), this.#material, {
          cut: jitter && table ? { size: jitter.size, table: tableTensor(table, device) } : null,
        }),
        ...(labels && {
          labels: tensor(
            indices.map((i) => labels[i]),
            { dtype: 'int64', device },
          ),
        }),
      }));
  }

  to(device: string): void {
    this.#device = device;
  }

  dispose(): void {
    const reading = this.#ahead.map(({ bytes }) => bytes);
    const reader = this.#reader;
    this.#ahead = [];
    this.#reader = null;
    void Promise.allSettled(reading)
      .then(async () => (await reader)?.close())
      .catch(() => {});
  }

  /** The reading for `place`, with the next ones begun; what was read for another place or order is dropped. */
  #take(place: Place, traversal: Traversal): Reading {
    const { order } = traversal;
    const [first] = this.#ahead;
    const fits =
      first &&
      first.traversal === traversal &&
      first.place.epoch === place.epoch &&
      first.place.position === place.position;
    const [wanted, ...ahead] = fits ? this.#ahead : [this.#read(place, traversal)];
    let last = ahead.at(-1) ?? wanted;
    while (ahead.length < READ_AHEAD - 1) {
      last = this.#read(order.startOf(order.after(last.place)), traversal);
      ahead.push(last);
    }
    this.#ahead = ahead;
    return wanted;
  }

  #read(place: Place, traversal: Traversal): Reading {
    const indices = traversal.order.indices(place);
    this.#reader ??= this.#material.pixels.open();
    const bytes = this.#reader.then((reader) => reader.read(indices));
    // A batch that is never asked for must not end the process; whoever asks for it still gets the error.
    bytes.catch(() => {});
    return { place, traversal, indices, bytes };
  }
}
