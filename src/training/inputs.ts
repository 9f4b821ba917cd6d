import type { Batch } from '../data/loader';
import { GanError } from '../errors';
import { noGrad } from '../tensor/autograd';
import { handTo, keep, openScope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';

/** What the phases that share fakes are fed. */
export interface Inputs {
  /** The n-th of the batches of real images that the phases see. */
  batch(index: number): Batch;
  /** Latents, the same for all of them. */
  latents(): Tensor;
}

/** The step's own batches, and latents that are drawn on first use, in the scope that was open when this was made. */
export class LiveInputs implements Inputs {
  readonly #batches: readonly Batch[];
  readonly #draw: () => Tensor;
  readonly #owner = openScope();
  #latents: Tensor | null = null;

  constructor(batches: readonly Batch[], draw: () => Tensor) {
    this.#batches = batches;
    this.#draw = draw;
  }

  /** Whether somebody asked for latents. */
  get drewLatents(): boolean {
    return this.#latents !== null;
  }

  batch(index: number): Batch {
    return this.#batches[index];
  }

  latents(): Tensor {
    this.#latents ??= handTo(this.#owner, this.#draw());
    return this.#latents;
  }
}

interface Slot {
  readonly images: Tensor;
  readonly labels: Tensor | null;
  readonly shape: string;
  usesImages: boolean;
  usesLabels: boolean;
}

/** Copies of inputs at fixed addresses, which recordings read: filled anew before each replay, with what is read from them. */
export class StaticInputs implements Inputs {
  readonly #slots: readonly Slot[];
  readonly #latents: Tensor | null;

  /** @param latents those of the first replay, or null where nobody asks for any */
  constructor(batches: readonly Batch[], latents: Tensor | null) {
    this.#slots = batches.map((batch) => ({
      images: keep(batch.images.clone()),
      labels: keep(batch.labels?.clone() ?? null),
      shape: shapeOf(batch),
      usesImages: false,
      usesLabels: false,
    }));
    this.#latents = latents === null ? null : keep(latents.clone());
  }

  batch(index: number): Batch {
    const slot = this.#slots[index];
    return {
      get images() {
        slot.usesImages = true;
        return slot.images;
      },
      get labels() {
        slot.usesLabels = true;
        return slot.labels;
      },
    };
  }

  latents(): Tensor {
    if (this.#latents) return this.#latents;
    throw new GanError('ERR_RECORDING', 'it draws latents, which it did not before it was recorded');
  }

  /** Whether batches are like those it was made of. */
  fits(batches: readonly Batch[]): boolean {
    return (
      batches.length === this.#slots.length &&
      this.#slots.every(({ shape }, i) => shape === shapeOf(batches[i]))
    );
  }

  /** Takes over a step's values; `draw` makes its latents. */
  fill(batches: readonly Batch[], draw: () => Tensor): void {
    // A loss may have asked for their gradients.
    noGrad(() => {
      for (const [i, slot] of this.#slots.entries()) {
        const { images, labels } = batches[i];
        if (slot.usesImages) slot.images.copy_(images);
        if (slot.usesLabels && labels) slot.labels?.copy_(labels);
      }
      this.#latents?.copy_(draw());
    });
  }

  /** Releases the copies. */
  dispose(): void {
    for (const { images, labels } of this.#slots) {
      images.dispose();
      labels?.dispose();
    }
    this.#latents?.dispose();
  }
}

function shapeOf({ images, labels }: Batch): string {
  return `${images.shape.join('×')}${labels ? ' labelled' : ''}`;
}
