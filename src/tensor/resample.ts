import { argumentError, numberBetween, positiveInteger } from '../check';
import { native } from '../native/addon';
import { TorchError } from '../native/torch-error';
import type { Tensor } from './tensor';
import { wrap } from './wrap';

/** Pixels of zeros added on each side, [left, right, top, bottom]; negative numbers take pixels away. */
export type FilterPadding = readonly [number, number, number, number];

/** What {@link upFirDown} does along both directions. */
export interface UpFirDownOptions {
  /** The filter's taps, as they are: 1 to 64. */
  readonly kernel: readonly number[];
  /** After each pixel come up − 1 zeros (1, at most 64). */
  readonly up?: number;
  /** Every down-th pixel stays (1, at most 64). */
  readonly down?: number;
  /** Zeros around what `up` made, each at most 65,536 ([0, 0, 0, 0]). */
  readonly padding?: FilterPadding;
}

/** How {@link upsample2d} and {@link downsample2d} filter. */
export interface ResampleOptions {
  /** The filter's taps, of any sum but 0: they are divided by it ([1, 3, 3, 1]). */
  readonly kernel?: readonly number[];
  /** How many times larger or smaller images become, along both directions (2). */
  readonly factor?: number;
}

/** How {@link blur2d} filters. */
export interface BlurOptions {
  /** The filter's taps, of any sum but 0: they are divided by it ([1, 3, 3, 1]). */
  readonly kernel?: readonly number[];
  /** (as much as keeps the size, ⌊(K − 1) / 2⌋ of it left and above) */
  readonly padding?: FilterPadding;
  /** What a constant is multiplied by (1). Behind a transposed convolution of stride s it is s², since that leaves gaps. */
  readonly gain?: number;
}

/** A binomial filter of four taps, by which StyleGAN2 resamples. */
const KERNEL = [1, 3, 3, 1] as const;

/**
 * Images [N, C, H, W] with zeros inserted, bordered by zeros, filtered, and with pixels dropped; along each direction
 *
 * y[i] = Σₖ kernel[k] · x̂[i · down + k − before], where x̂[s · up] = x[s], and x̂ is 0 between and beyond.
 *
 * The kernel is not turned around, as in `conv2d`. H' = ⌊(H · up + top + bottom − K) / down⌋ + 1, and W' likewise. The gradient is the
 * same operator with `up` and `down` exchanged and the kernel turned around, and so are those of every order. The dtype, any floating
 * one, and the memory format stay. The same call gives the same bits in every run and for any number of threads, on CUDA too. On the
 * CPU sums of bfloat16 are float32 and rounded once; elsewhere numbers of 16 bits are rounded several times in each direction.
 *
 * @throws UsageError for a kernel, factor or padding that is none; `ERR_INVALID_ARG` for other tensors, for images smaller than the kernel with
 * their border, and where more than 2²⁴ pixels, and 4,096 times as many as there were, would come of it
 */
export function upFirDown(
  input: Tensor,
  { kernel, up = 1, down = 1, padding = [0, 0, 0, 0] }: UpFirDownOptions,
): Tensor {
  checkKernel('upFirDown', kernel);
  positiveInteger('upFirDown', 'up', up);
  positiveInteger('upFirDown', 'down', down);
  checkPadding('upFirDown', padding);
  return wrap(native().upFirDown(input.handle, kernel, up, down, padding), 'upFirDown');
}

/**
 * Images enlarged by inserting zeros and filtering them away (Karras et al. 2020): [N, C, H, W] → [N, C, H · factor, W · factor].
 * The kernel is multiplied by factor in each direction, so that a constant stays what it is, but for the border, beyond which images are 0.
 * New pixels lie evenly around those they come of: ⌊(K + factor − 2) / 2⌋ zeros come left and above.
 *
 * @throws UsageError for a kernel without a sum, or a factor that is no positive integer; otherwise as {@link upFirDown}
 */
export function upsample2d(input: Tensor, { kernel = KERNEL, factor = 2 }: ResampleOptions = {}): Tensor {
  const taps = normalized('upsample2d', kernel, factor);
  const before = Math.floor((kernel.length + positiveInteger('upsample2d', 'factor', factor) - 2) / 2);
  const padding = around(before, kernel.length - 1 - before);
  return upFirDown(input, { kernel: taps, up: factor, padding });
}

/**
 * Images filtered before every factor-th pixel is taken, so that nothing folds over (Zhang 2019): [N, C, H, W] → [N, C, ⌊H / factor⌋, ⌊W / factor⌋].
 * A constant stays what it is, but for the border, beyond which images are 0. But for a factor of factor², it is the adjoint of {@link upsample2d}
 * of the kernel turned around.
 *
 * @throws UsageError for a kernel without a sum, or a factor that is no positive integer; `ERR_SHAPE` for images smaller than the factor; otherwise
 * as {@link upFirDown}
 */
export function downsample2d(input: Tensor, { kernel = KERNEL, factor = 2 }: ResampleOptions = {}): Tensor {
  const taps = normalized('downsample2d', kernel, 1);
  const before = Math.ceil((kernel.length - positiveInteger('downsample2d', 'factor', factor)) / 2);
  const { shape } = input;
  if (shape.length !== 4 || shape[2] < factor || shape[3] < factor)
    throw new TorchError(
      `downsample2d: expected images [N, C, H, W] of at least ${factor} × ${factor} pixels but received [${shape.join(', ')}]`,
      'ERR_SHAPE',
      'downsample2d',
    );
  const padding = around(before, kernel.length - factor - before);
  return upFirDown(input, { kernel: taps, down: factor, padding });
}

/**
 * Images filtered, beside convolutions that have a stride themselves: with a 3×3 convolution of stride 2 and no padding behind a blur by four taps that pads
 * 2 on each side, or a transposed one before a blur that pads 1 and has a gain of 4, images are halved and doubled exactly.
 *
 * @throws UsageError for a kernel without a sum, a gain below 0, or a padding that is none; otherwise as {@link upFirDown}
 */
export function blur2d(input: Tensor, { kernel = KERNEL, padding, gain = 1 }: BlurOptions = {}): Tensor {
  const taps = normalized('blur2d', kernel, Math.sqrt(numberBetween('blur2d', 'gain', gain, { min: 0 })));
  if (padding !== undefined) checkPadding('blur2d', padding);
  const before = Math.floor((kernel.length - 1) / 2);
  return upFirDown(input, {
    kernel: taps,
    padding: padding ?? around(before, kernel.length - 1 - before),
  });
}

function around(before: number, after: number): FilterPadding {
  return [before, after, before, after];
}

/** A kernel of another sum. @throws UsageError unless it is the taps of a filter that has one */
export function normalized(owner: string, kernel: readonly number[], sum: number): number[] {
  checkKernel(owner, kernel);
  const total = kernel.reduce((partial, tap) => partial + tap, 0);
  if (total === 0) throw argumentError(owner, 'kernel to have a sum that is not 0', kernel);
  return kernel.map((tap) => (tap / total) * sum);
}

function checkKernel(owner: string, kernel: readonly number[]): void {
  if (!Array.isArray(kernel) || kernel.length < 1 || kernel.length > 64 || !kernel.every(Number.isFinite))
    throw argumentError(owner, 'kernel to be 1 to 64 finite numbers', kernel);
}

function checkPadding(owner: string, padding: FilterPadding): void {
  if (!Array.isArray(padding) || padding.length !== 4 || !padding.every(Number.isSafeInteger))
    throw argumentError(owner, 'padding to be four integers [left, right, top, bottom]', padding);
}
