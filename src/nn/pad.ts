import { argumentError } from '../check';
import { TorchError } from '../native/torch-error';
import { pad } from '../tensor/functional';
import type { Tensor } from '../tensor/tensor';
import { Module } from './module';

/** Pixels to add on each side: [left, right, top, bottom]; one number stands for all four. */
export type Padding2d = number | readonly [number, number, number, number];

type Mode = 'reflect' | 'replicate' | 'constant';

/** What the paddings share: [N, C, H, W] → [N, C, top + H + bottom, left + W + right]. */
abstract class Pad2d extends Module {
  /** Pixels added: [left, right, top, bottom]. */
  readonly padding: readonly [number, number, number, number];

  constructor(
    owner: string,
    padding: Padding2d,
    readonly mode: Mode,
  ) {
    super();
    this.padding = fourSides(owner, padding);
  }

  override forward(input: Tensor): Tensor {
    this.checkInput(input.shape);
    return pad(input, this.padding, { mode: this.mode });
  }

  protected override describe(): string {
    return `padding=[${this.padding.join(', ')}]`;
  }

  private checkInput(shape: readonly number[]): void {
    const [left, right, top, bottom] = this.padding;
    const reflects = this.mode === 'reflect';
    // A reflection leaves out the edge pixels, so it has one less than the image to take from.
    const [height, width] = reflects ? [Math.max(top, bottom) + 1, Math.max(left, right) + 1] : [1, 1];
    if (shape.length === 4 && shape[2] >= height && shape[3] >= width) return;
    const wanted = `images [N, C, H, W] of at least ${height} × ${width} pixels`;
    const message = `expected ${wanted}, to pad them by [${this.padding.join(', ')}], but received [${shape.join(', ')}]`;
    throw new TorchError(message, 'ERR_SHAPE', 'pad');
  }
}

/**
 * Images bordered by their own reflection, without the edge pixels: the row a b c padded by 2 is c b a b c b a.
 * [N, C, H, W] → [N, C, top + H + bottom, left + W + right].
 */
export class ReflectionPad2d extends Pad2d {
  /** @throws UsageError for a padding that is not made of integers of at least 0 */
  constructor(padding: Padding2d) {
    super('reflectionPad2d', padding, 'reflect');
  }
}

/**
 * Images bordered by repetitions of their edge pixels: the row a b c padded by 2 is a a a b c c c.
 * [N, C, H, W] → [N, C, top + H + bottom, left + W + right].
 */
export class ReplicationPad2d extends Pad2d {
  /** @throws UsageError for a padding that is not made of integers of at least 0 */
  constructor(padding: Padding2d) {
    super('replicationPad2d', padding, 'replicate');
  }
}

/** Images bordered by zeros: [N, C, H, W] → [N, C, top + H + bottom, left + W + right]. */
export class ZeroPad2d extends Pad2d {
  /** @throws UsageError for a padding that is not made of integers of at least 0 */
  constructor(padding: Padding2d) {
    super('zeroPad2d', padding, 'constant');
  }
}

/**
 * A {@link ReflectionPad2d} layer. Images must be larger than what is added on a side: `ERR_SHAPE` else.
 *
 * @throws UsageError for a padding that is not made of integers of at least 0
 */
export function reflectionPad2d(padding: Padding2d): ReflectionPad2d {
  return new ReflectionPad2d(padding);
}

/** A {@link ReplicationPad2d} layer. @throws UsageError for a padding that is not made of integers of at least 0 */
export function replicationPad2d(padding: Padding2d): ReplicationPad2d {
  return new ReplicationPad2d(padding);
}

/** A {@link ZeroPad2d} layer. @throws UsageError for a padding that is not made of integers of at least 0 */
export function zeroPad2d(padding: Padding2d): ZeroPad2d {
  return new ZeroPad2d(padding);
}

function fourSides(owner: string, padding: Padding2d): [number, number, number, number] {
  const sides = typeof padding === 'number' ? [padding, padding, padding, padding] : padding;
  const [left, right, top, bottom] = Array.isArray(sides) && sides.length === 4 ? sides : [];
  const all = [left, right, top, bottom];
  if (!all.every((side) => Number.isSafeInteger(side) && side >= 0))
    throw argumentError(owner, 'padding to be an integer of at least 0, or four of them', padding);
  return [left, right, top, bottom];
}
