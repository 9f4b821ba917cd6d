import { GanError } from '../errors';
import { fromBytes, tensor } from '../tensor/create';
import { keep, scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import type { EpochOrder, Place } from './epoch-order';
import type { Batch } from './loader';
import type { PixelReader, PixelSource } from './pixels';

/** What batches are made from. */
export interface BatchMaterial {
  readonly pixels: PixelSource;
  readonly labels: Int32Array | null;
  /** [C, H, W] */
  readonly shape: readonly number[];
}

/** Makes the batch at any place of an order; its two kinds differ in where the pixels wait. */
export interface BatchMaker {
  /** Reads what the batch needs; the function makes it, in the caller's scope. */
  prepare(place: Place, order: EpochOrder): Promise<() => Batch>;
  to(device: string): void;
  dispose(): void;
}

/** uint8 0 … 255 → float32 −1 … 1; dividing converts on the way. */
function normalise(pixels: Tensor): Tensor {
  return pixels.div(127.5).sub_(1);
}

interface Resident {
  images: Tensor;
  labels: Tensor | null;
}

/** Keeps all images as uint8 on the device: a batch is gathered and normalised there, and only an epoch's order is sent. */
export class ResidentBatches implements BatchMaker {
  readonly #material: BatchMaterial;
  #device: string;
  #loading: Promise<Resident> | null = null;
  #resident: Resident | null = null;
  #sent: { order: Int32Array; indices: Tensor } | null = null;
  #disposed = false;

  constructor(material: BatchMaterial, device: string) {
    this.#material = material;
    this.#device = device;
  }

  async prepare(place: Place, order: EpochOrder): Promise<() => Batch> {
    const epoch = order.epoch(place.epoch);
    if (!this.#resident) await this.#load();
    return () =>
      scope(() => {
        const { images, labels } = this.#held();
        const chosen = this.#send(epoch).narrow(0, { start: place.position, length: order.batch });
        return {
          images: normalise(images.indexSelect(0, chosen)),
          ...(labels && { labels: labels.indexSelect(0, chosen) }),
        };
      });
  }

  to(device: string): void {
    if (device === this.#device) return;
    this.#device = device;
    this.#forgetOrder();
    if (!this.#resident) return;
    const { images, labels } = this.#resident;
    this.#resident = keep({ images: images.to(device), labels: labels ? labels.to(device) : null });
    images.dispose();
    labels?.dispose();
  }

  dispose(): void {
    this.#disposed = true;
    this.#forgetOrder();
    this.#resident?.images.dispose();
    this.#resident?.labels?.dispose();
    this.#resident = null;
  }

  #held(): Resident {
    if (this.#resident) return this.#resident;
    throw new GanError('ERR_RELEASED', 'the loader was disposed before its batch was made');
  }

  #load(): Promise<Resident> {
    this.#loading ??= this.#upload().finally(() => {
      this.#loading = null;
    });
    return this.#loading;
  }

  async #upload(): Promise<Resident> {
    const { pixels, labels, shape } = this.#material;
    const bytes = await pixels.readAll();
    if (this.#disposed)
      throw new GanError('ERR_RELEASED', 'the loader was disposed while its first batch was loading');
    const device = this.#device;
    this.#resident = keep({
      images: fromBytes(bytes, { dtype: 'uint8', shape: [pixels.count, ...shape], device }),
      labels: labels ? tensor(labels, { dtype: 'int64', device }) : null,
    });
    return this.#resident;
  }

  /** The epoch's order as an index tensor on the device, sent when the epoch begins. */
  #send(order: Int32Array): Tensor {
    if (this.#sent?.order === order) return this.#sent.indices;
    this.#forgetOrder();
    const indices = keep(tensor(order, { device: this.#device }));
    this.#sent = { order, indices };
    return indices;
  }

  #forgetOrder(): void {
    this.#sent?.indices.dispose();
    this.#sent = null;
  }
}

/** Batches whose pixels are being read: the one asked for and those after it. */
const READ_AHEAD = 3;

interface Reading {
  readonly place: Place;
  readonly order: EpochOrder;
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

  async prepare(place: Place, order: EpochOrder): Promise<() => Batch> {
    const { indices, bytes } = this.#take(place, order);
    const pixels = await bytes;
    const { labels, shape } = this.#material;
    const device = this.#device;
    // Bytes and indices cross the bus; what is wider is made on the device.
    return () =>
      scope(() => ({
        images: normalise(fromBytes(pixels, { dtype: 'uint8', shape: [indices.length, ...shape], device })),
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
  #take(place: Place, order: EpochOrder): Reading {
    const [first] = this.#ahead;
    const fits =
      first &&
      first.order === order &&
      first.place.epoch === place.epoch &&
      first.place.position === place.position;
    const [wanted, ...ahead] = fits ? this.#ahead : [this.#read(place, order)];
    let last = ahead.at(-1) ?? wanted;
    while (ahead.length < READ_AHEAD - 1) {
      last = this.#read(order.startOf(order.after(last.place)), order);
      ahead.push(last);
    }
    this.#ahead = ahead;
    return wanted;
  }

  #read(place: Place, order: EpochOrder): Reading {
    const indices = order.indices(place);
    this.#reader ??= this.#material.pixels.open();
    const bytes = this.#reader.then((reader) => reader.read(indices));
    // A batch that is never asked for must not end the process; whoever asks for it still gets the error.
    bytes.catch(() => {});
    return { place, order, indices, bytes };
  }
}
