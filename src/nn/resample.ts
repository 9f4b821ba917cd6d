import { positiveInteger } from '../check';
import {
  downsample2d as downsample2dOp,
  normalized,
  type ResampleOptions,
  upsample2d as upsample2dOp,
} from '../tensor/resample';
import type { Tensor } from '../tensor/tensor';
import { Module } from './module';

/** What the two directions share. */
abstract class Resample2d extends Module {
  /** The filter's taps as they were given; their sum counts for nothing. */
  readonly kernel: readonly number[];
  readonly factor: number;

  constructor(owner: string, { kernel = [1, 3, 3, 1], factor = 2 }: ResampleOptions) {
    super();
    normalized(owner, kernel, 1);
    this.kernel = [...kernel];
    this.factor = positiveInteger(owner, 'factor', factor);
  }

  protected override describe(): string {
    return `kernel=[${this.kernel.join(', ')}], factor=${this.factor}`;
  }
}

/**
 * Images enlarged by inserting zeros and filtering them away (Karras et al. 2020), as by `functional.upsample2d`:
 * [N, C, H, W] → [N, C, H · factor, W · factor].
 */
export class Upsample2d extends Resample2d {
  /** @throws UsageError for a kernel or a factor that is none */
  constructor(options: ResampleOptions = {}) {
    super('upsample2d', options);
  }

  override forward(input: Tensor): Tensor {
    return upsample2dOp(input, this);
  }
}

/**
 * Images filtered before every factor-th pixel is taken (Zhang 2019), as by `functional.downsample2d`:
 * [N, C, H, W] → [N, C, ⌊H / factor⌋, ⌊W / factor⌋].
 */
export class Downsample2d extends Resample2d {
  /** @throws UsageError for a kernel or a factor that is none */
  constructor(options: ResampleOptions = {}) {
    super('downsample2d', options);
  }

  override forward(input: Tensor): Tensor {
    return downsample2dOp(input, this);
  }
}

/** An {@link Upsample2d} layer. @throws UsageError for a kernel or a factor that is none */
export function upsample2d(options?: ResampleOptions): Upsample2d {
  return new Upsample2d(options);
}

/** A {@link Downsample2d} layer. @throws UsageError for a kernel or a factor that is none */
export function downsample2d(options?: ResampleOptions): Downsample2d {
  return new Downsample2d(options);
}
