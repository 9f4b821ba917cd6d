import { divisibleBy, numberBetween, positiveInteger } from '../check';
import { leakyRelu } from '../tensor/activations';
import { ones, tensor, zeros } from '../tensor/create';
import {
  groupNorm as groupNormOp,
  instanceNormLeakyRelu,
  instanceNorm as instanceNormOp,
  layerNorm as layerNormOp,
} from '../tensor/functional';
import type { Tensor } from '../tensor/tensor';
import { Module } from './module';
import { type Parameter, parameter } from './parameter';

/** Options of {@link LayerNorm}. */
export interface LayerNormOptions {
  /** Added to the variance (1e-5). */
  readonly eps?: number;
  /** Whether to learn a scale per element (true). */
  readonly elementwiseAffine?: boolean;
  /** Whether to learn a shift per element beside the scale (true). */
  readonly bias?: boolean;
}

/** Options of {@link GroupNorm}. */
export interface GroupNormOptions {
  /** Added to the variance (1e-5). */
  readonly eps?: number;
  /** Whether to learn a scale and a shift per channel (true). */
  readonly affine?: boolean;
}

/** Options of {@link InstanceNorm2d}. */
export interface InstanceNormOptions {
  /** Added to the variance (1e-5). */
  readonly eps?: number;
  /** The weight of the newest batch in the running statistics (0.1). */
  readonly momentum?: number;
  /** Whether to learn a scale and a shift per channel (false). */
  readonly affine?: boolean;
  /** Whether to keep running statistics and use them at rest (false). */
  readonly trackRunningStats?: boolean;
}

/** Mean and biased variance of each channel: [C]. */
export interface ChannelStatistics {
  readonly mean: Tensor;
  readonly variance: Tensor;
}

/** What an {@link InstanceNorm2d} is to normalise an input of one image by; null for that image's own statistics. */
export type StatisticsSource = (input: Tensor) => ChannelStatistics | null;

/**
 * Layer normalisation (Ba et al. 2016): y = (x − E[x]) / √(Var[x] + eps) · weight + bias, over the last dimensions, whose
 * sizes are `normalizedShape`.
 */
export class LayerNorm extends Module {
  readonly weight: Parameter | null;
  readonly bias: Parameter | null;
  readonly normalizedShape: readonly number[];
  readonly eps: number;

  /** @throws UsageError for an option out of range, naming it */
  constructor(
    normalizedShape: number | readonly number[],
    { eps = 1e-5, elementwiseAffine = true, bias = true }: LayerNormOptions = {},
  ) {
    super();
    const shape = typeof normalizedShape === 'number' ? [normalizedShape] : [...normalizedShape];
    for (const size of shape) positiveInteger('layerNorm', 'normalizedShape', size);
    this.normalizedShape = shape;
    this.eps = numberBetween('layerNorm', 'eps', eps, { min: 0 });
    this.weight = elementwiseAffine ? parameter(ones(shape)) : null;
    this.bias = elementwiseAffine && bias ? parameter(zeros(shape)) : null;
  }

  override forward(input: Tensor): Tensor {
    const { weight, bias, normalizedShape, eps } = this;
    return layerNormOp(input, normalizedShape, { weight, bias, eps });
  }

  protected override describe(): string {
    return `[${this.normalizedShape.join(', ')}], eps=${this.eps}, elementwiseAffine=${this.weight !== null}`;
  }
}

/**
 * Group normalisation (Wu & He 2018) of [N, C, …]: y = (x − E[x]) / √(Var[x] + eps) · weight + bias, over each image's
 * channels in `numGroups` groups.
 */
export class GroupNorm extends Module {
  readonly weight: Parameter | null;
  readonly bias: Parameter | null;
  readonly eps: number;

  /** @throws UsageError for an option out of range, naming it */
  constructor(
    readonly numGroups: number,
    readonly numChannels: number,
    { eps = 1e-5, affine = true }: GroupNormOptions = {},
  ) {
    super();
    positiveInteger('groupNorm', 'numGroups', numGroups);
    positiveInteger('groupNorm', 'numChannels', numChannels);
    divisibleBy('groupNorm', numGroups, { numChannels });
    this.eps = numberBetween('groupNorm', 'eps', eps, { min: 0 });
    this.weight = affine ? parameter(ones([numChannels])) : null;
    this.bias = affine ? parameter(zeros([numChannels])) : null;
  }

  override forward(input: Tensor): Tensor {
    const { weight, bias, numGroups, eps } = this;
    return groupNormOp(input, numGroups, { weight, bias, eps });
  }

  protected override describe(): string {
    return `${this.numGroups}, ${this.numChannels}, eps=${this.eps}, affine=${this.weight !== null}`;
  }
}

/**
 * Instance normalisation (Ulyanov et al. 2016) of images [N, C, H, W]: y = (x − E[x]) / √(Var[x] + eps) · weight + bias, over
 * each image's each channel. With running statistics those are used at rest, and do not move when frozen.
 */
export class InstanceNorm2d extends Module {
  readonly weight: Parameter | null;
  readonly bias: Parameter | null;
  /** Running statistics [numFeatures], null where none are kept. */
  readonly runningMean: Tensor | null;
  readonly runningVar: Tensor | null;
  readonly eps: number;
  readonly momentum: number;
  /** A field, not a #private one: those are not cloned. */
  private source: StatisticsSource | null = null;

  /** @throws UsageError for an option out of range, naming it */
  constructor(
    readonly numFeatures: number,
    { eps = 1e-5, momentum = 0.1, affine = false, trackRunningStats = false }: InstanceNormOptions = {},
  ) {
    super();
    positiveInteger('instanceNorm2d', 'numFeatures', numFeatures);
    this.eps = numberBetween('instanceNorm2d', 'eps', eps, { min: 0 });
    this.momentum = numberBetween('instanceNorm2d', 'momentum', momentum, { min: 0, max: 1 });
    this.weight = affine ? parameter(ones([numFeatures])) : null;
    this.bias = affine ? parameter(zeros([numFeatures])) : null;
    this.runningMean = trackRunningStats ? this.registerBuffer('running_mean', zeros([numFeatures])) : null;
    this.runningVar = trackRunningStats ? this.registerBuffer('running_var', ones([numFeatures])) : null;
    // PyTorch's state has it, though nothing counts there either.
    if (trackRunningStats) this.registerBuffer('num_batches_tracked', tensor(0, { dtype: 'int64' }));
  }

  /** Asks `source` for the statistics of each input from now on, until it is null: for images that are computed in parts. */
  takeStatisticsFrom(source: StatisticsSource | null): void {
    this.source = source;
  }

  override forward(input: Tensor): Tensor {
    return this.forwardLeakyRelu(input, 1);
  }

  /** This layer and a leaky ReLU after it, at once; a slope of 0 is a ReLU. {@link Sequential} calls it where the two meet. */
  forwardLeakyRelu(input: Tensor, negativeSlope: number): Tensor {
    const { weight, bias, eps } = this;
    if (this.runningMean === null && this.source === null)
      return instanceNormLeakyRelu(input, { weight, bias, eps }, negativeSlope);
    const normalised = this.byStatistics(input);
    if (negativeSlope === 1) return normalised;
    return negativeSlope === 0 ? normalised.relu() : leakyRelu(normalised, negativeSlope);
  }

  /** By those that it is given, or the running ones, which move in training. */
  private byStatistics(input: Tensor): Tensor {
    const { weight, bias, training, momentum, eps } = this;
    const given = this.source?.(input);
    const running = training && this.frozen ? null : this;
    return instanceNormOp(input, {
      weight,
      bias,
      runningMean: given?.mean ?? running?.runningMean,
      runningVar: given?.variance ?? running?.runningVar,
      useInputStats: !given && (training || this.runningMean === null),
      momentum,
      eps,
    });
  }

  protected override describe(): string {
    const options = `affine=${this.weight !== null}, trackRunningStats=${this.runningMean !== null}`;
    return `${this.numFeatures}, eps=${this.eps}, momentum=${this.momentum}, ${options}`;
  }
}

/** A {@link LayerNorm} layer. @throws UsageError for an option out of range, naming it */
export function layerNorm(
  normalizedShape: number | readonly number[],
  options?: LayerNormOptions,
): LayerNorm {
  return new LayerNorm(normalizedShape, options);
}

/** A {@link GroupNorm} layer. @throws UsageError for an option out of range, naming it */
export function groupNorm(numGroups: number, numChannels: number, options?: GroupNormOptions): GroupNorm {
  return new GroupNorm(numGroups, numChannels, options);
}

/** An {@link InstanceNorm2d} layer. @throws UsageError for an option out of range, naming it */
export function instanceNorm2d(numFeatures: number, options?: InstanceNormOptions): InstanceNorm2d {
  return new InstanceNorm2d(numFeatures, options);
}
