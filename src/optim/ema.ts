import { numberBetween } from '../check';
import { ops } from '../native/ops.generated';
import type { Module } from '../nn/module';
import { noGrad } from '../tensor/autograd';
import { undoWhere } from '../tensor/snapshot';
import type { Tensor } from '../tensor/tensor';
import { handlesOf } from '../tensor/wrap';
import type { UpdateOptions } from './optimizer';

/** How fast an {@link Ema} forgets. */
export interface EmaOptions {
  /** After so many images a weight counts half. */
  readonly halfLifeImages: number;
  /** Shortens the half-life at the start to this share of the images seen so far (0.05); null for none. */
  readonly rampUp?: number | null;
  /** So many updates copy the weights before averaging begins: the first ones of a training are not worth remembering (0). */
  readonly start?: number;
}

/**
 * An exponential moving average of a network's weights (Polyak & Juditsky 1992; Karras et al. 2018), in images instead of
 * steps: θ̄ ← d · θ̄ + (1 − d) · θ with d = 0.5^(batch / min(halfLifeImages, rampUp · images so far)). Buffers are copied.
 *
 * Its state is `updates`, `images` and the state dict of `module`.
 */
export class Ema<M extends Module = Module> {
  /** The averaged network, frozen and in eval mode. */
  readonly module: M;
  readonly halfLifeImages: number;
  readonly rampUp: number | null;
  readonly start: number;
  /** Updates done. */
  updates = 0;
  /** Images of those updates; undefined where only their number is known, which all had the batch of the next. */
  images: number | undefined = 0;
  readonly #parameters: readonly [average: Int32Array, live: Int32Array];
  readonly #buffers: readonly [average: Int32Array, live: Int32Array];

  /** @throws UsageError for an option out of range */
  constructor(source: M, { halfLifeImages, rampUp = 0.05, start = 0 }: EmaOptions) {
    this.halfLifeImages = numberBetween('Ema', 'halfLifeImages', halfLifeImages, { min: 0 });
    this.rampUp = rampUp === null ? null : numberBetween('Ema', 'rampUp', rampUp, { min: 0 });
    this.start = numberBetween('Ema', 'start', start, { min: 0 });
    this.module = source.clone().eval().freeze();
    this.#parameters = [packed(this.module.parameters()), packed(source.parameters())];
    this.#buffers = [packed(this.module.buffers()), packed(source.buffers())];
  }

  /** How much of the average an update after `images` images keeps. */
  decay(batch: number, images: number): number {
    const halfLife =
      this.rampUp === null ? this.halfLifeImages : Math.min(this.halfLifeImages, images * this.rampUp);
    return halfLife === 0 ? 0 : 0.5 ** (batch / halfLife);
  }

  /**
   * Takes in the weights after a step on `batch` images; the first update with a ramp-up copies them.
   *
   * @param options.unless where it holds (bool, one element, on the device) the average stays as it is; `updates` counts on (never)
   * @throws UsageError for a batch that is no number of images: every average would be NaN, or run away
   */
  update(batch: number, { unless }: UpdateOptions = {}): void {
    numberBetween('Ema.update', 'batch', batch, { min: 0 });
    if (unless)
      undoWhere([this.#parameters[0], this.#buffers[0]], () => {
        this.#take(batch);
        return unless;
      });
    else this.#take(batch);
    this.images = this.#imagesBefore(batch) + batch;
    this.updates += 1;
  }

  /** Counts from now on: with a ramp-up, the next update copies the weights, and what was averaged so far is gone. */
  restart(): void {
    this.updates = 0;
    this.images = 0;
  }

  #imagesBefore(batch: number): number {
    return this.images ?? this.updates * batch;
  }

  #take(batch: number): void {
    const decay = this.updates < this.start ? 0 : this.decay(batch, this.#imagesBefore(batch));
    noGrad(() => {
      const [average, live] = this.#parameters;
      if (average.length > 0) ops._foreach_lerp__Scalar(average, live, 1 - decay);
      const [copies, buffers] = this.#buffers;
      if (copies.length > 0) ops._foreach_copy_(copies, buffers);
    });
  }

  /** Releases the averaged network. */
  dispose(): void {
    this.module.dispose();
  }
}

function packed(tensors: readonly Tensor[]): Int32Array {
  return Int32Array.from(handlesOf(tensors));
}
