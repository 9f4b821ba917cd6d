import { argumentError, oneOf } from '../check';
import { UsageError } from '../errors';
import { native } from '../native/addon';
import { isListening } from '../native/listen';
import { ops } from '../native/ops.generated';
import { borderOfCopies } from './border';
import { adaptiveMeansInOrder, type Bilinear, bilinearInOrder } from './deterministic-resize';
import { isCpu } from './device';
import type { Tensor } from './tensor';
import { optionalHandle, wrap } from './wrap';

export * from './activations';
export {
  type BlurOptions,
  blur2d,
  downsample2d,
  type FilterPadding,
  type ResampleOptions,
  type UpFirDownOptions,
  upFirDown,
  upsample2d,
} from './resample';

/** A size along height and width: one number for both, or [height, width]. */
export type Size2d = number | readonly [number, number];

function pair(size: Size2d): readonly [number, number] {
  return typeof size === 'number' ? [size, size] : size;
}

/**
 * Options of `conv2d`; see Conv2d. Paddings, and dilations under `same`, are at most 65,536, and a padding makes at most 2²⁴ pixels of the
 * images or 64 times as many: `ERR_INVALID_ARG` beyond.
 */
export interface ConvOptions {
  readonly stride?: Size2d;
  /** `same` pads so that the size stays (stride 1 only). */
  readonly padding?: Size2d | 'same' | 'valid';
  readonly dilation?: Size2d;
  readonly groups?: number;
}

/** Cross-correlation of [N, Cin, H, W] with weight [Cout, Cin/groups, kH, kW]. */
export function conv2d(
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  { stride = 1, padding = 0, dilation = 1, groups = 1 }: ConvOptions = {},
): Tensor {
  const b = optionalHandle(bias);
  const handle =
    typeof padding === 'string'
      ? ops.conv2d_padding(input.handle, weight.handle, b, pair(stride), padding, pair(dilation), groups)
      : ops.conv2d(input.handle, weight.handle, b, pair(stride), pair(padding), pair(dilation), groups);
  return wrap(handle, 'conv2d');
}

/** Options of `convTranspose2d`; see ConvTranspose2d. It makes at most 2²⁴ pixels or 4,096 times as many: `ERR_INVALID_ARG` beyond. */
export interface ConvTransposeOptions {
  readonly stride?: Size2d;
  readonly padding?: Size2d;
  readonly outputPadding?: Size2d;
  readonly groups?: number;
  readonly dilation?: Size2d;
}

/** Transposed convolution of [N, Cin, H, W] with weight [Cin, Cout/groups, kH, kW]. */
export function convTranspose2d(
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  { stride = 1, padding = 0, outputPadding = 0, groups = 1, dilation = 1 }: ConvTransposeOptions = {},
): Tensor {
  const handle = ops.conv_transpose2d_input(
    input.handle,
    weight.handle,
    optionalHandle(bias),
    pair(stride),
    pair(padding),
    pair(outputPadding),
    groups,
    pair(dilation),
  );
  return wrap(handle, 'convTranspose2d');
}

/** input · weightᵀ + bias; weight [out, in] */
export function linear(input: Tensor, weight: Tensor, bias: Tensor | null = null): Tensor {
  return wrap(ops.linear(input.handle, weight.handle, optionalHandle(bias)), 'linear');
}

/** `linear(input, weight, bias).relu()`, in one go over memory on a CPU with AVX2 or AVX-512. */
export function linearRelu(input: Tensor, weight: Tensor, bias: Tensor | null = null): Tensor {
  // Who listens takes operators of LibTorch.
  if (isListening()) return linear(input, weight, bias).relu();
  return wrap(native().linearRelu(input.handle, weight.handle, optionalHandle(bias)), 'linearRelu');
}

/** `linear` of two layers with one input, at once on a CPU with AVX2 or AVX-512. */
export function linearPair(
  input: Tensor,
  first: { readonly weight: Tensor; readonly bias: Tensor },
  second: { readonly weight: Tensor; readonly bias: Tensor },
): [Tensor, Tensor] {
  if (isListening())
    return [linear(input, first.weight, first.bias), linear(input, second.weight, second.bias)];
  const [one, other] = native().linearPair(
    input.handle,
    first.weight.handle,
    first.bias.handle,
    second.weight.handle,
    second.bias.handle,
  );
  return [wrap(one, 'linearPair'), wrap(other, 'linearPair')];
}

/** What `batchNorm` works with; see BatchNorm2d. */
export interface BatchNormOptions {
  readonly weight?: Tensor | null;
  readonly bias?: Tensor | null;
  /** Moved towards the batch's in training; null leaves nothing to move. */
  readonly runningMean?: Tensor | null;
  readonly runningVar?: Tensor | null;
  /** Normalises by the batch's statistics instead of the running ones. */
  readonly training: boolean;
  readonly momentum?: number;
  readonly eps?: number;
}

/** (x − mean) / √(var + eps) · weight + bias a channel, over the batch and all positions. */
export function batchNorm(input: Tensor, options: BatchNormOptions): Tensor {
  const { weight, bias, runningMean, runningVar, training, momentum = 0.1, eps = 1e-5 } = options;
  const handle = ops.batch_norm(
    input.handle,
    optionalHandle(weight),
    optionalHandle(bias),
    optionalHandle(runningMean),
    optionalHandle(runningVar),
    training,
    momentum,
    eps,
    true,
  );
  return wrap(handle, 'batchNorm');
}

/**
 * `leakyRelu(batchNorm(input, options), negativeSlope)`, in one go over memory on a CPU with AVX2 or AVX-512: a third of the time, and nothing kept
 * between the two. A slope of 0 is a ReLU.
 */
export function batchNormLeakyRelu(input: Tensor, options: BatchNormOptions, negativeSlope: number): Tensor {
  const { weight, bias, runningMean, runningVar, training, momentum = 0.1, eps = 1e-5 } = options;
  const handle = native().batchNormLeakyRelu(
    input.handle,
    optionalHandle(weight),
    optionalHandle(bias),
    optionalHandle(runningMean),
    optionalHandle(runningVar),
    training,
    momentum,
    eps,
    negativeSlope,
  );
  return wrap(handle, 'batchNormLeakyRelu');
}

/** Weight, bias and eps of a normalisation. */
export interface NormOptions {
  readonly weight?: Tensor | null;
  readonly bias?: Tensor | null;
  readonly eps?: number;
}

/** Normalises over the last dimensions, whose sizes are `normalizedShape`. */
export function layerNorm(
  input: Tensor,
  normalizedShape: readonly number[],
  options: NormOptions = {},
): Tensor {
  const { weight, bias, eps = 1e-5 } = options;
  return wrap(
    ops.layer_norm(input.handle, normalizedShape, optionalHandle(weight), optionalHandle(bias), eps),
    'layerNorm',
  );
}

/** Normalises each sample over `groups` groups of channels. */
export function groupNorm(input: Tensor, groups: number, options: NormOptions = {}): Tensor {
  const { weight, bias, eps = 1e-5 } = options;
  return wrap(
    ops.group_norm(input.handle, groups, optionalHandle(weight), optionalHandle(bias), eps),
    'groupNorm',
  );
}

/** What `instanceNorm` works with; see InstanceNorm2d. */
export interface InstanceNormOptions extends NormOptions {
  /** Moved towards the images' in training; null leaves nothing to move. */
  readonly runningMean?: Tensor | null;
  readonly runningVar?: Tensor | null;
  /** Normalises by each image's own statistics instead of the running ones (true). */
  readonly useInputStats?: boolean;
  readonly momentum?: number;
}

/** Normalises each channel of each sample over its positions. */
export function instanceNorm(input: Tensor, options: InstanceNormOptions = {}): Tensor {
  const { weight, bias, runningMean, runningVar, useInputStats = true, momentum = 0.1, eps = 1e-5 } = options;
  const handle = ops.instance_norm(
    input.handle,
    optionalHandle(weight),
    optionalHandle(bias),
    optionalHandle(runningMean),
    optionalHandle(runningVar),
    useInputStats,
    momentum,
    eps,
    true,
  );
  return wrap(handle, 'instanceNorm');
}

/**
 * `leakyRelu(instanceNorm(input, options), negativeSlope)` by each image's own statistics, in one go over memory on a CPU with AVX2 or AVX-512. A slope
 * of 0 is a ReLU, and one of 1 the norm alone.
 */
export function instanceNormLeakyRelu(
  input: Tensor,
  { weight, bias, eps = 1e-5 }: NormOptions,
  negativeSlope: number,
): Tensor {
  const handle = native().instanceNormLeakyRelu(
    input.handle,
    optionalHandle(weight),
    optionalHandle(bias),
    eps,
    negativeSlope,
  );
  return wrap(handle, 'instanceNormLeakyRelu');
}

/**
 * Rows of weight [count, size] at int64 indices of any shape; the row `paddingIdx` gets no gradient, −1 being the last.
 *
 * @throws UsageError for a `paddingIdx` of no row
 */
export function embedding(
  input: Tensor,
  weight: Tensor,
  { paddingIdx = null }: { readonly paddingIdx?: number | null } = {},
): Tensor {
  const padding = paddingIdx === null ? -1 : rowOf(weight, paddingIdx);
  return wrap(ops.embedding(weight.handle, input.handle, padding), 'embedding');
}

/** A row by its index, counted from the end where that is negative: LibTorch takes −1 for none. */
function rowOf({ shape: [count] }: Tensor, index: number): number {
  if (Number.isInteger(index) && index >= -count && index < count) return index < 0 ? count + index : index;
  throw argumentError('embedding', `paddingIdx to be an index from ${-count} to ${count - 1}`, index);
}

/** In training: zeroes each element with probability p and scales the rest by 1 / (1 − p). */
export function dropout(input: Tensor, { p, training }: { p: number; training: boolean }): Tensor {
  return wrap(ops.dropout(input.handle, p, training), 'dropout');
}

/** Kernel, stride (the kernel's size) and padding (that of `maxPool2d` at most 65,536) of a pooling; see MaxPool2d and AvgPool2d. */
export interface PoolOptions {
  readonly kernelSize: Size2d;
  readonly stride?: Size2d;
  readonly padding?: Size2d;
  /** Whether a window may reach over the border (false). */
  readonly ceilMode?: boolean;
}

/** The largest element of each window. */
export function maxPool2d(
  input: Tensor,
  {
    kernelSize,
    stride = kernelSize,
    padding = 0,
    dilation = 1,
    ceilMode = false,
  }: PoolOptions & { readonly dilation?: Size2d },
): Tensor {
  const [size, step, border, spread] = [kernelSize, stride, padding, dilation].map(pair);
  return wrap(ops.max_pool2d(input.handle, size, step, border, spread, ceilMode), 'maxPool2d');
}

/** The mean of each window, in which the zeros of the padding count unless `countIncludePad` is false. */
export function avgPool2d(
  input: Tensor,
  {
    kernelSize,
    stride = kernelSize,
    padding = 0,
    ceilMode = false,
    countIncludePad = true,
  }: PoolOptions & { readonly countIncludePad?: boolean },
): Tensor {
  const [size, step, border] = [kernelSize, stride, padding].map(pair);
  return wrap(ops.avg_pool2d(input.handle, size, step, border, ceilMode, countIncludePad), 'avgPool2d');
}

/** The mean of as many windows as `outputSize` asks for. */
export function adaptiveAvgPool2d(input: Tensor, outputSize: Size2d): Tensor {
  const [height, width] = pair(outputSize);
  // One window in all is an ordinary mean.
  if (height * width > 1 && input.dim === 4 && inOrder(input))
    return adaptiveMeansInOrder(input, [height, width]);
  return wrap(ops.adaptive_avg_pool2d(input.handle, [height, width]), 'adaptiveAvgPool2d');
}

/** How to resample; `antialias` low-passes before shrinking. It and `alignCorners` are of bilinear and bicubic alone. */
export interface InterpolateOptions {
  readonly size?: Size2d | null;
  readonly scaleFactor?: Size2d | null;
  readonly mode?: 'nearest' | 'bilinear' | 'bicubic';
  readonly alignCorners?: boolean;
  readonly antialias?: boolean;
}

const MODES = ['nearest', 'bilinear', 'bicubic'] as const;

/**
 * Resamples [N, C, H, W] to `size`, or by `scaleFactor`.
 *
 * @throws UsageError for an unknown mode, and for `alignCorners` or `antialias` of `nearest`; TorchError unless exactly one of `size` and `scaleFactor` is given
 */
export function interpolate(input: Tensor, options: InterpolateOptions): Tensor {
  const { size = null, scaleFactor = null, mode = 'nearest' } = options;
  const { alignCorners = false, antialias = false } = options;
  oneOf('interpolate', 'mode', mode, MODES);
  const target = size === null ? null : pair(size);
  const scales = scaleFactor === null ? null : pair(scaleFactor);
  if (mode === 'nearest' && (alignCorners || antialias))
    throw new UsageError(
      `interpolate: ${alignCorners ? 'alignCorners' : 'antialias'} is of bilinear and bicubic, but mode is nearest: leave it out, or give a mode`,
    );
  if (mode === 'nearest')
    return wrap(ops.upsample_nearest2d_vec(input.handle, target, scales), 'interpolate');
  if (mode === 'bilinear' && input.dim === 4 && inOrder(input)) {
    const bilinear = bilinearOf(input, { target, scales, alignCorners });
    // What is antialiased is low-passed only where images become smaller.
    if (!antialias || bilinear.steps.every((step) => step <= 1)) return bilinearInOrder(input, bilinear);
  }
  const kernels = {
    bilinear: antialias ? ops._upsample_bilinear2d_aa_vec : ops.upsample_bilinear2d_vec,
    bicubic: antialias ? ops._upsample_bicubic2d_aa_vec : ops.upsample_bicubic2d_vec,
  };
  return wrap(kernels[mode](input.handle, target, alignCorners, scales), 'interpolate');
}

/** Whether gradients must add in a fixed order, and LibTorch's own may not: on CUDA, where runs are to be equal. */
function inOrder(input: Tensor): boolean {
  return !isCpu(input.device) && native().deterministic();
}

interface Target {
  readonly target: readonly [number, number] | null;
  readonly scales: readonly [number, number] | null;
  readonly alignCorners: boolean;
}

function bilinearOf(input: Tensor, { target, scales, alignCorners }: Target): Bilinear {
  const sides = [input.shape[2], input.shape[3]] as const;
  const [height, width] = sides.map((side, at) => target?.[at] ?? Math.floor(side * (scales?.[at] ?? 1)));
  const size = [height, width] as const;
  const [down, across] = sides.map((side, at) => (scales === null ? side / size[at] : 1 / scales[at]));
  return { size, steps: [down, across], alignCorners };
}

/** [N, C·r², H, W] → [N, C, H·r, W·r] */
export function pixelShuffle(input: Tensor, factor: number): Tensor {
  return wrap(ops.pixel_shuffle(input.handle, factor), 'pixelShuffle');
}

/** [N, C, H·r, W·r] → [N, C·r², H, W] */
export function pixelUnshuffle(input: Tensor, factor: number): Tensor {
  return wrap(ops.pixel_unshuffle(input.handle, factor), 'pixelUnshuffle');
}

/** Pads the last dimensions by `amounts`: [left, right, top, bottom, …]. */
export function pad(
  input: Tensor,
  amounts: readonly number[],
  {
    mode = 'constant',
    value,
  }: { mode?: 'constant' | 'reflect' | 'replicate' | 'circular'; value?: number } = {},
): Tensor {
  const copies = mode === 'reflect' || mode === 'replicate';
  if (copies && inOrder(input)) return borderOfCopies(input, amounts, mode);
  return wrap(ops.pad(input.handle, amounts, mode, value ?? null), 'pad');
}
