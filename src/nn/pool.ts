import { integerPair, type Pair } from '../check';
import {
  adaptiveAvgPool2d as adaptiveAvgPool2dOp,
  avgPool2d as avgPool2dOp,
  maxPool2d as maxPool2dOp,
} from '../tensor/functional';
import type { Tensor } from '../tensor/tensor';
import { Module } from './module';

/** Options of {@link MaxPool2d}; a pair is [height, width], one number stands for both. */
export interface MaxPool2dOptions {
  /** Pixels from one window to the next (the window's size). */
  readonly stride?: Pair;
  /** Rows and columns of −∞ added on every side (0). */
  readonly padding?: Pair;
  /** Pixels from one element of the window to the next (1). */
  readonly dilation?: Pair;
  /** Whether a window may reach over the border: output sizes are rounded up (false). */
  readonly ceilMode?: boolean;
}

/** Options of {@link AvgPool2d}; a pair is [height, width], one number stands for both. */
export interface AvgPool2dOptions {
  /** Pixels from one window to the next (the window's size). */
  readonly stride?: Pair;
  /** Rows and columns of zeros added on every side (0). */
  readonly padding?: Pair;
  /** Whether a window may reach over the border: output sizes are rounded up (false). */
  readonly ceilMode?: boolean;
  /** Whether the zeros of the padding count in the average (true). */
  readonly countIncludePad?: boolean;
}

/** [height, width] */
type Size = readonly [number, number];

interface Window {
  readonly kernelSize: Size;
  readonly stride: Size;
  readonly padding: Size;
  readonly ceilMode: boolean;
}

/** The largest value of each window of `kernelSize`: [N, C, H, W] → [N, C, H', W']. */
export class MaxPool2d extends Module {
  protected readonly window: Window & { readonly dilation: Size };

  /** @throws UsageError for an option out of range, naming it */
  constructor(
    kernelSize: Pair,
    { stride = kernelSize, padding = 0, dilation = 1, ceilMode = false }: MaxPool2dOptions = {},
  ) {
    super();
    this.window = {
      kernelSize: integerPair('maxPool2d', 'kernelSize', kernelSize),
      stride: integerPair('maxPool2d', 'stride', stride),
      padding: integerPair('maxPool2d', 'padding', padding, 0),
      dilation: integerPair('maxPool2d', 'dilation', dilation),
      ceilMode,
    };
  }

  override forward(input: Tensor): Tensor {
    return maxPool2dOp(input, this.window);
  }

  protected override describe(): string {
    return describeWindow(this.window);
  }
}

/** The mean of each window of `kernelSize`: [N, C, H, W] → [N, C, H', W']. */
export class AvgPool2d extends Module {
  protected readonly window: Window & { readonly countIncludePad: boolean };

  /** @throws UsageError for an option out of range, naming it */
  constructor(
    kernelSize: Pair,
    { stride = kernelSize, padding = 0, ceilMode = false, countIncludePad = true }: AvgPool2dOptions = {},
  ) {
    super();
    this.window = {
      kernelSize: integerPair('avgPool2d', 'kernelSize', kernelSize),
      stride: integerPair('avgPool2d', 'stride', stride),
      padding: integerPair('avgPool2d', 'padding', padding, 0),
      ceilMode,
      countIncludePad,
    };
  }

  override forward(input: Tensor): Tensor {
    return avgPool2dOp(input, this.window);
  }

  protected override describe(): string {
    return describeWindow(this.window);
  }
}

/** Means of windows chosen so that the output has `outputSize`: [N, C, H, W] → [N, C, ...outputSize]. */
export class AdaptiveAvgPool2d extends Module {
  readonly outputSize: readonly [number, number];

  /** @throws UsageError for a size that is not positive */
  constructor(outputSize: Pair) {
    super();
    this.outputSize = integerPair('adaptiveAvgPool2d', 'outputSize', outputSize);
  }

  override forward(input: Tensor): Tensor {
    return adaptiveAvgPool2dOp(input, this.outputSize);
  }

  protected override describe(): string {
    return `outputSize=[${this.outputSize.join(', ')}]`;
  }
}

/** A {@link MaxPool2d} layer. @throws UsageError for an option out of range, naming it */
export function maxPool2d(kernelSize: Pair, options?: MaxPool2dOptions): MaxPool2d {
  return new MaxPool2d(kernelSize, options);
}

/** An {@link AvgPool2d} layer. @throws UsageError for an option out of range, naming it */
export function avgPool2d(kernelSize: Pair, options?: AvgPool2dOptions): AvgPool2d {
  return new AvgPool2d(kernelSize, options);
}

/** An {@link AdaptiveAvgPool2d} layer. @throws UsageError for a size that is not positive */
export function adaptiveAvgPool2d(outputSize: Pair): AdaptiveAvgPool2d {
  return new AdaptiveAvgPool2d(outputSize);
}

function describeWindow({ kernelSize, stride, padding, ceilMode }: Window): string {
  const sizes = Object.entries({ kernelSize, stride, padding });
  const ceil = ceilMode ? ', ceilMode=true' : '';
  return sizes.map(([name, [height, width]]) => `${name}=[${height}, ${width}]`).join(', ') + ceil;
}
