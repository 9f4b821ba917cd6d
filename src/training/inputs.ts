import type { Batch } from '../data/loader';
import { GanError } from '../errors';
import { noGrad } from '../tensor/autograd';
import { full } from '../tensor/create';
import { handTo, keep, openScope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';

/** A number that depends on the step. */
export type ScheduledValue = (index: number) => number;

/** What the phases that share fakes are fed. */
export interface Inputs {
  /** The n-th of the batches of real images that the phases see. */
  batch(index: number): Batch;
  /** Latents, the same for all of them: for each part of a batch its own. */
  latents(part: number): Tensor;
  /** A number [] that depends on the step. */
  scheduled(value: ScheduledValue, index: number): Tensor;
}

/** The step's own batches, and latents that are drawn on first use, in the scope that was open when this was made. */
export class LiveInputs implements Inputs {
  /** What was scheduled, in order. */
  readonly scheduledValues: ScheduledValue[] = [];
  readonly #batches: readonly Batch[];
  readonly #device: string;
  readonly #draw: () => Tensor;
  readonly #owner = openScope();
  readonly #latents: Tensor[] = [];

  constructor(batches: readonly Batch[], { device, draw }: { device: string; draw: () => Tensor }) {
    this.#batches = batches;
    this.#device = device;
    this.#draw = draw;
  }

  /** Whether somebody asked for latents. */
  get drewLatents(): boolean {
    return this.#latents.length > 0;
  }

  batch(index: number): Batch {
    return this.#batches[index];
  }

  latents(part: number): Tensor {
    this.#latents[part] ??= handTo(this.#owner, this.#draw());
    return this.#latents[part];
  }

  scheduled(value: ScheduledValue, index: number): Tensor {
    this.scheduledValues.push(value);
    return full([], value(index), { device: this.#device });
  }
}

interface Slot {
  readonly images: Tensor;
  readonly labels: Tensor | null;
  readonly shape: string;
  usesImages: boolean;
  usesLabels: boolean;
}

interface FirstReplay {
  readonly device: string;
  readonly index: number;
  readonly latents: readonly Tensor[];
  readonly scheduled: readonly ScheduledValue[];
}

/** Copies of inputs at fixed addresses, which recordings read: filled anew before each replay, with what is read from them. */
export class StaticInputs implements Inputs {
  readonly #slots: readonly Slot[];
  readonly #latents: readonly Tensor[];
  readonly #scheduled: readonly { readonly value: ScheduledValue; readonly held: Tensor }[];
  #taken = 0;

  /**
   * @param first.latents those of the first replay, none where nobody asks for any
   * @param first.scheduled what earlier runs scheduled, in order
   */
  constructor(batches: readonly Batch[], { device, index, latents, scheduled }: FirstReplay) {
    // Made here: what is made while recording is made anew by each replay.
    this.#scheduled = scheduled.map((value) => ({ value, held: keep(full([], value(index), { device })) }));
    this.#slots = batches.map((batch) => ({
      images: keep(batch.images.clone()),
      labels: keep(batch.labels?.clone() ?? null),
      shape: shapeOf(batch),
      usesImages: false,
      usesLabels: false,
    }));
    this.#latents = latents.map((drawn) => keep(drawn.clone()));
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

  latents(part: number): Tensor {
    if (part < this.#latents.length) return this.#latents[part];
    throw new GanError('ERR_CAPTURE', 'it draws latents, which it did not before it was recorded');
  }

  scheduled(): Tensor {
    if (this.#taken < this.#scheduled.length) return this.#scheduled[this.#taken++].held;
    throw new GanError('ERR_CAPTURE', 'it schedules a number, which it did not before it was recorded');
  }

  /** Whether batches are like those it was made of. */
  fits(batches: readonly Batch[]): boolean {
    return (
      batches.length === this.#slots.length &&
      this.#slots.every(({ shape }, i) => shape === shapeOf(batches[i]))
    );
  }

  /** Takes over the values of step `index`; `draw` makes its latents. */
  fill(batches: readonly Batch[], { index, draw }: { index: number; draw: () => Tensor }): void {
    this.#taken = 0;
    // A loss may have asked for their gradients.
    noGrad(() => {
      for (const [i, slot] of this.#slots.entries()) {
        const { images, labels } = batches[i];
        if (slot.usesImages) slot.images.copy_(images);
        if (slot.usesLabels && labels) slot.labels?.copy_(labels);
      }
      for (const latents of this.#latents) latents.copy_(draw());
      for (const { value, held } of this.#scheduled) held.fill_(value(index));
    });
  }

  /** Releases the copies. */
  dispose(): void {
    for (const { images, labels } of this.#slots) {
      images.dispose();
      labels?.dispose();
    }
    for (const latents of this.#latents) latents.dispose();
    for (const { held } of this.#scheduled) held.dispose();
  }
}

function shapeOf({ images, labels }: Batch): string {
  return `${images.shape.join('×')}${labels ? ' labelled' : ''}`;
}
