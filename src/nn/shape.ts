import { argumentError, positiveInteger } from '../check';
import { pixelShuffle as pixelShuffleOp, pixelUnshuffle as pixelUnshuffleOp } from '../tensor/functional';
import type { Tensor } from '../tensor/tensor';
import { Module } from './module';

/** Which dimensions {@link Flatten} joins. */
export interface FlattenOptions {
  /** (1) */
  readonly startDim?: number;
  /** The last one, itself included (−1). */
  readonly endDim?: number;
}

/** Joins dimensions into one: [N, C, H, W] → [N, C·H·W]. */
export class Flatten extends Module {
  readonly startDim: number;
  readonly endDim: number;

  /** @throws UsageError for a dimension that is not an integer */
  constructor({ startDim = 1, endDim = -1 }: FlattenOptions = {}) {
    super();
    this.startDim = dimension('flatten', 'startDim', startDim);
    this.endDim = dimension('flatten', 'endDim', endDim);
  }

  override forward(input: Tensor): Tensor {
    return input.flatten({ startDim: this.startDim, endDim: this.endDim });
  }

  protected override describe(): string {
    return `startDim=${this.startDim}, endDim=${this.endDim}`;
  }
}

/** Splits the dimension `dim` into several: [N, 12] → [N, 3, 2, 2] for dim 1 and sizes [3, 2, 2]. */
export class Unflatten extends Module {
  /** @throws UsageError for a dimension that is not an integer, or sizes that are not */
  constructor(
    readonly dim: number,
    readonly sizes: readonly number[],
  ) {
    super();
    dimension('unflatten', 'dim', dim);
    checkSizes('unflatten', 'sizes', sizes);
  }

  override forward(input: Tensor): Tensor {
    const { shape } = input;
    const dim = this.dim < 0 ? this.dim + shape.length : this.dim;
    return input.reshape([...shape.slice(0, dim), ...this.sizes, ...shape.slice(dim + 1)]);
  }

  protected override describe(): string {
    return `dim=${this.dim}, sizes=[${this.sizes.join(', ')}]`;
  }
}

/** Gives every element of the batch another shape: [N, …] → [N, ...shape]. */
export class Reshape extends Module {
  /** @throws UsageError for sizes that are not integers */
  constructor(readonly shape: readonly number[]) {
    super();
    checkSizes('reshape', 'shape', shape);
  }

  override forward(input: Tensor): Tensor {
    return input.reshape([input.shape[0], ...this.shape]);
  }

  protected override describe(): string {
    return `[${this.shape.join(', ')}]`;
  }
}

/** Channels become pixels (Shi et al. 2016): [N, C·r², H, W] → [N, C, H·r, W·r]. */
export class PixelShuffle extends Module {
  /** @throws UsageError for a factor that is not a positive integer */
  constructor(readonly upscaleFactor: number) {
    super();
    positiveInteger('pixelShuffle', 'upscaleFactor', upscaleFactor);
  }

  override forward(input: Tensor): Tensor {
    return pixelShuffleOp(input, this.upscaleFactor);
  }

  protected override describe(): string {
    return `upscaleFactor=${this.upscaleFactor}`;
  }
}

/** Pixels become channels, {@link PixelShuffle} undone: [N, C, H·r, W·r] → [N, C·r², H, W]. */
export class PixelUnshuffle extends Module {
  /** @throws UsageError for a factor that is not a positive integer */
  constructor(readonly downscaleFactor: number) {
    super();
    positiveInteger('pixelUnshuffle', 'downscaleFactor', downscaleFactor);
  }

  override forward(input: Tensor): Tensor {
    return pixelUnshuffleOp(input, this.downscaleFactor);
  }

  protected override describe(): string {
    return `downscaleFactor=${this.downscaleFactor}`;
  }
}

/** Its input itself. */
export class Identity extends Module {
  override forward(input: Tensor): Tensor {
    return input;
  }
}

/** A {@link Flatten} layer. @throws UsageError for a dimension that is not an integer */
export function flatten(options?: FlattenOptions): Flatten {
  return new Flatten(options);
}

/** An {@link Unflatten} layer. @throws UsageError for a dimension that is not an integer, or sizes that are not */
export function unflatten(dim: number, sizes: readonly number[]): Unflatten {
  return new Unflatten(dim, sizes);
}

/** A {@link Reshape} layer. @throws UsageError for sizes that are not integers */
export function reshape(shape: readonly number[]): Reshape {
  return new Reshape(shape);
}

/** A {@link PixelShuffle} layer. @throws UsageError for a factor that is not a positive integer */
export function pixelShuffle(upscaleFactor: number): PixelShuffle {
  return new PixelShuffle(upscaleFactor);
}

/** A {@link PixelUnshuffle} layer. @throws UsageError for a factor that is not a positive integer */
export function pixelUnshuffle(downscaleFactor: number): PixelUnshuffle {
  return new PixelUnshuffle(downscaleFactor);
}

/** An {@link Identity} layer. */
export function identity(): Identity {
  return new Identity();
}

function dimension(owner: string, name: string, value: number): number {
  if (!Number.isSafeInteger(value)) throw argumentError(owner, `${name} to be an integer`, value);
  return value;
}

function checkSizes(owner: string, name: string, sizes: readonly number[]): void {
  if (!Array.isArray(sizes) || !sizes.every((size) => Number.isSafeInteger(size) && size >= -1))
    throw argumentError(owner, `${name} to be an array of sizes (one may be -1)`, sizes);
}
