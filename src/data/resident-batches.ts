import { GanError } from '../errors';
import { fromBytes, tensor } from '../tensor/create';
import { keep, scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
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

interface Resident {
  images: Tensor;
  labels: Tensor | null;
}

/** An epoch on the device. */
interface Sent {
  readonly order: Int32Array;
  /** [count] */
  readonly indices: Tensor;
  /** [count, 3] */
  readonly table: Tensor | null;
}

/** Keeps all images as uint8 on the device: a batch is gathered and normalised there, and only an epoch's order is sent. */
export class ResidentBatches implements BatchMaker {
  readonly #material: BatchMaterial;
  #device: string;
  #loading: Promise<Resident> | null = null;
  #resident: Resident | null = null;
  #sent: Sent | null = null;
  #disposed = false;

  constructor(material: BatchMaterial, device: string) {
    this.#material = material;
    this.#device = device;
  }

  async prepare(place: Place, { order, jitter }: Traversal): Promise<() => Batch> {
    const { epoch } = place;
    const indices = order.epoch(epoch);
    const table = jitter?.epoch(epoch);
    if (!this.#resident) await this.#load();
    return () =>
      scope(() => {
        const { images, labels } = this.#held();
        const sent = this.#send(indices, table);
        const batch = order.part(place);
        const chosen = sent.indices.narrow(0, batch);
        const cut = jitter && sent.table && { size: jitter.size, table: sent.table.narrow(0, batch) };
        return {
          ...imagesOf(images, this.#material, { cut, rows: chosen }),
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
    const { pixels, labels } = this.#material;
    const shape = shapeOf(this.#material);
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

  /** The epoch's order and jitter as tensors on the device, sent when the epoch begins. */
  #send(order: Int32Array, table: Int32Array | undefined): Sent {
    if (this.#sent?.order === order) return this.#sent;
    this.#forgetOrder();
    const device = this.#device;
    this.#sent = {
      order,
      indices: keep(tensor(order, { device })),
      table: table ? keep(tableTensor(table, device)) : null,
    };
    return this.#sent;
  }

  #forgetOrder(): void {
    this.#sent?.indices.dispose();
    this.#sent?.table?.dispose();
    this.#sent = null;
  }
}
