import type { Batch } from '../data/loader';
import { GanError } from '../errors';
import { noGrad } from '../tensor/autograd';
import { full } from '../tensor/create';
import { handTo, keep, openScope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';

/** A number that depends on the step. */
export type ScheduledValue = (index: number) => number;

/** What a group of phases is fed. */
export interface Inputs {
  /** The n-th of the batches that the phases see. */
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

  /** Whether latents were drawn. */
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

/** A copy of one tensor of a batch. */
interface Slot {
  readonly tensor: Tensor;
  used: boolean;
}

interface FirstReplay {
  readonly device: string;
  readonly index: number;
  readonly latents: readonly Tensor[];
  readonly scheduled: readonly ScheduledValue[];
}

/** Copies of inputs at fixed addresses, which graphs read: filled anew before each replay, with what is read from them. */
export class StaticInputs implements Inputs {
  readonly #shapes: readonly string[];
  readonly #slots: readonly ReadonlyMap<string, Slot>[];
  readonly #latents: readonly Tensor[];
  readonly #scheduled: readonly { readonly value: ScheduledValue; readonly held: Tensor }[];
  #taken = 0;

  /**
   * @param first.latents those of the first replay, none where no phase asks for any
   * @param first.scheduled what earlier runs scheduled, in order
   */
  constructor(batches: readonly Batch[], { device, index, latents, scheduled }: FirstReplay) {
    // Made here: what is made while capturing is made anew by each replay.
    this.#scheduled = scheduled.map((value) => ({ value, held: keep(full([], value(index), { device })) }));
    this.#shapes = batches.map(shapeOf);
    this.#slots = batches.map((batch) => {
      const copies = Object.entries(batch).map(([name, tensor]): [string, Slot] => [
        name,
        { tensor: keep(tensor.clone()), used: false },
      ]);
      return new Map(copies);
    });
    this.#latents = latents.map((drawn) => keep(drawn.clone()));
  }

  batch(index: number): Batch {
    const view: Record<string, Tensor> = {};
    for (const [name, slot] of this.#slots[index])
      Object.defineProperty(view, name, {
        enumerable: true,
        get() {
          slot.used = true;
          return slot.tensor;
        },
      });
    return view;
  }

  latents(part: number): Tensor {
    if (part < this.#latents.length) return this.#latents[part];
    throw new GanError('ERR_CAPTURE', 'it draws latents, which it did not before it was captured');
  }

  scheduled(): Tensor {
    if (this.#taken < this.#scheduled.length) return this.#scheduled[this.#taken++].held;
    throw new GanError('ERR_CAPTURE', 'it schedules a number, which it did not before it was captured');
  }

  /** Whether batches are like those it was made of. */
  fits(batches: readonly Batch[]): boolean {
    return (
      batches.length === this.#shapes.length &&
      this.#shapes.every((shape, i) => shape === shapeOf(batches[i]))
    );
  }

  /** Takes over the values of step `index`; `draw` makes its latents. */
  fill(batches: readonly Batch[], { index, draw }: { index: number; draw: () => Tensor }): void {
    this.#taken = 0;
    // A loss may have asked for their gradients.
    noGrad(() => {
      for (const [i, slots] of this.#slots.entries())
        for (const [name, { tensor, used }] of slots) if (used) tensor.copy_(batches[i][name]);
      for (const latents of this.#latents) latents.copy_(draw());
      for (const { value, held } of this.#scheduled) held.fill_(value(index));
    });
  }

  /** Releases the copies. */
  dispose(): void {
    for (const slots of this.#slots) for (const { tensor } of slots.values()) tensor.dispose();
    for (const latents of this.#latents) latents.dispose();
    for (const { held } of this.#scheduled) held.dispose();
  }
}

function shapeOf(batch: Batch): string {
  return Object.entries(batch)
    .map(([name, { dtype, shape }]) => `${name} ${dtype} ${shape.join('×')}`)
    .join(', ');
}
