import { tensor } from '../tensor/create';
import type { Tensor } from '../tensor/tensor';
import type { EpochOrder, Place } from './epoch-order';
import type { ImageSize } from './image-size';
import type { DataSpecs } from './image-spec';
import { cutOut, type Jitter } from './jitter';
import { ofBytes } from './levels';
import type { Batch } from './loader';
import type { PixelSource } from './pixels';

/** What batches are made from. */
export interface BatchMaterial {
  readonly pixels: PixelSource;
  readonly labels: Int32Array | null;
  /** The images of an example, all of one size: their channels lie one after another in its pixels. */
  readonly specs: DataSpecs;
}

/** How an endless stream of batches runs through a data set. */
export interface Traversal {
  readonly order: EpochOrder;
  /** null: images come whole and as they are. */
  readonly jitter: Jitter | null;
}

/** Makes the batch at any place of an order; its two kinds differ in where the pixels wait. */
export interface BatchMaker {
  /** Reads what the batch needs; the function makes it, in the caller's scope. */
  prepare(place: Place, traversal: Traversal): Promise<() => Batch>;
  to(device: string): void;
  dispose(): void;
}

/** [C, H, W] of the pixels of an example. */
export function shapeOf({ specs }: BatchMaterial): readonly number[] {
  const images = Object.values(specs);
  const [{ height, width }] = images;
  return [images.reduce((sum, { channels }) => sum + channels, 0), height, width];
}

/** Where to cut images: rows of a {@link Jitter} on their device. */
export interface Cut {
  readonly size: ImageSize;
  readonly table: Tensor;
}

/** The images of examples by name, float32 in [−1, 1], of their pixels uint8 [N, C, H, W]: of all, or of those that `rows` names. */
export function imagesOf(
  pixels: Tensor,
  { specs }: Pick<BatchMaterial, 'specs'>,
  { cut, rows }: { readonly cut: Cut | null; readonly rows?: Tensor },
): Batch {
  if (cut) {
    const chosen = rows ? pixels.indexSelect(0, rows) : pixels;
    return imagesOf(cutOut(chosen, cut.table, cut.size), { specs }, { cut: null });
  }
  const entries = Object.entries(specs);
  if (entries.length === 1) return { [entries[0][0]]: ofBytes(pixels, rows) };
  let start = 0;
  const images: Record<string, Tensor> = {};
  for (const [name, { channels }] of entries) {
    images[name] = ofBytes(pixels.narrow(1, { start, length: channels }), rows);
    start += channels;
  }
  return images;
}

/** Rows of a {@link Jitter} on a device. */
export function tableTensor(table: Int32Array, device: string): Tensor {
  return tensor(table, { dtype: 'int64', shape: [table.length / 3, 3], device });
}
