import { numberBetween, positiveInteger } from '../check';
import { TorchError } from '../native/torch-error';
import type { ProcessGroup } from '../parallel/group';
import { normalisedOver } from '../parallel/shared-statistics';
import { leakyRelu } from '../tensor/activations';
import { ones, tensor, zeros } from '../tensor/create';
import { batchNorm, batchNormLeakyRelu } from '../tensor/functional';
import type { Tensor } from '../tensor/tensor';
import { Module } from './module';
import { type Parameter, parameter } from './parameter';

/** Options of the batch normalisations. */
export interface BatchNormOptions {
  /** Added to the variance (1e-5). */
  readonly eps?: number;
  /** The weight of the newest batch in the running statistics; null averages over all batches equally (0.1). */
  readonly momentum?: number | null;
  /** Whether to learn a scale and a shift per channel (true). */
  readonly affine?: boolean;
  /** Whether to keep running statistics for use at rest; without, the batch's own are always used (true). */
  readonly trackRunningStats?: boolean;
}

/**
 * Batch normalisation (Ioffe & Szegedy 2015) over every dimension but the channels: y = (x − E[x]) / √(Var[x] + eps) · weight
 * + bias. In training with the batch's biased statistics, at rest with the running ones, whose variance is unbiased. When
 * frozen in training it uses the batch's and leaves the running ones alone.
 */
abstract class BatchNorm extends Module {
  readonly weight: Parameter | null;
  readonly bias: Parameter | null;
  /** Running statistics [numFeatures], null where none are kept. */
  readonly runningMean: Tensor | null;
  readonly runningVar: Tensor | null;
  /** Batches the running statistics have seen (int64). */
  readonly numBatchesTracked: Tensor | null;
  readonly eps: number;
  /** The weight of the newest batch in the running statistics; null averages over all batches equally. */
  momentum: number | null;

  constructor(
    owner: string,
    readonly numFeatures: number,
    { eps = 1e-5, momentum = 0.1, affine = true, trackRunningStats = true }: BatchNormOptions,
  ) {
    super();
    positiveInteger(owner, 'numFeatures', numFeatures);
    this.eps = numberBetween(owner, 'eps', eps, { min: 0 });
    this.momentum = momentum === null ? null : numberBetween(owner, 'momentum', momentum, { min: 0, max: 1 });
    this.weight = affine ? parameter(ones([numFeatures])) : null;
    this.bias = affine ? parameter(zeros([numFeatures])) : null;
    const buffer = (name: string, make: () => Tensor): Tensor | null =>
      trackRunningStats ? this.registerBuffer(name, make()) : null;
    this.runningMean = buffer('running_mean', () => zeros([numFeatures]));
    this.runningVar = buffer('running_var', () => ones([numFeatures]));
    this.numBatchesTracked = buffer('num_batches_tracked', () => tensor(0, { dtype: 'int64' }));
  }

  override forward(input: Tensor): Tensor {
    const group = this.group();
    const options = this.options(input, group);
    return group ? group.batchNorm(input, options) : batchNorm(input, options);
  }

  /** This layer and a leaky ReLU after it, at once; a slope of 0 is a ReLU. {@link Sequential} calls it where the two meet. */
  forwardLeakyRelu(input: Tensor, negativeSlope: number): Tensor {
    const group = this.group();
    const options = this.options(input, group);
    if (!group) return batchNormLeakyRelu(input, options, negativeSlope);
    const normalised = group.batchNorm(input, options);
    return negativeSlope === 0 ? normalised.relu() : leakyRelu(normalised, negativeSlope);
  }

  /** The input's allowed dimensions, e.g. `[N, C, H, W]`. */
  protected abstract readonly layouts: readonly string[];

  /** The processes over whose batch this call takes its statistics; null for this one alone. */
  private group(): ProcessGroup | null {
    return this.training || this.runningMean === null ? normalisedOver() : null;
  }

  /** What this call normalises with; counts the batch. */
  private options(input: Tensor, group: ProcessGroup | null) {
    const { weight, bias, eps, training, runningMean, runningVar } = this;
    const moving = training && !this.frozen;
    const running = moving || !training;
    const useBatch = training || runningMean === null;
    // Members bring batches of one size.
    this.checkInput(input.shape, useBatch && group === null);
    return {
      weight,
      bias,
      runningMean: running ? runningMean : null,
      runningVar: running ? runningVar : null,
      training: useBatch,
      momentum: moving ? this.countBatch() : 0,
      eps,
    };
  }

  protected override describe(): string {
    const { numFeatures, eps, momentum } = this;
    const options = `affine=${this.weight !== null}, trackRunningStats=${this.runningMean !== null}`;
    return `${numFeatures}, eps=${eps}, momentum=${momentum}, ${options}`;
  }

  private checkInput(shape: readonly number[], useBatch: boolean): void {
    const received = `but received [${shape.join(', ')}]`;
    if (!this.layouts.some((layout) => layout.split(',').length === shape.length))
      throw new TorchError(`expected ${this.layouts.join(' or ')} ${received}`, 'ERR_SHAPE', 'batchNorm');
    if (useBatch && shape.every((size, axis) => axis === 1 || size === 1)) {
      const message = `expected more than one value per channel to take statistics of ${received}: use a larger batch, or eval()`;
      throw new TorchError(message, 'ERR_SHAPE', 'batchNorm');
    }
  }

  /** Counts the batch, and returns its weight in the running statistics. */
  private countBatch(): number {
    if (this.numBatchesTracked === null) return 0;
    this.numBatchesTracked.add_(1);
    return this.momentum ?? 1 / this.numBatchesTracked.item();
  }
}

/** Batch normalisation (Ioffe & Szegedy 2015) of vectors [N, C] or sequences [N, C, L]; see {@link BatchNorm2d}. */
export class BatchNorm1d extends BatchNorm {
  protected readonly layouts = ['[N, C]', '[N, C, L]'];

  /** @throws UsageError for an option out of range, naming it */
  constructor(numFeatures: number, options: BatchNormOptions = {}) {
    super('batchNorm1d', numFeatures, options);
  }
}

/**
 * Batch normalisation (Ioffe & Szegedy 2015) of images [N, C, H, W]: y = (x − E[x]) / √(Var[x] + eps) · weight + bias, per
 * channel. In training with the batch's biased statistics, at rest with the running ones, whose variance is unbiased. When
 * frozen in training it uses the batch's and leaves the running ones alone.
 */
export class BatchNorm2d extends BatchNorm {
  protected readonly layouts = ['[N, C, H, W]'];

  /** @throws UsageError for an option out of range, naming it */
  constructor(numFeatures: number, options: BatchNormOptions = {}) {
    super('batchNorm2d', numFeatures, options);
  }
}

/** A {@link BatchNorm1d} layer. @throws UsageError for an option out of range, naming it */
export function batchNorm1d(numFeatures: number, options?: BatchNormOptions): BatchNorm1d {
  return new BatchNorm1d(numFeatures, options);
}

/** A {@link BatchNorm2d} layer. @throws UsageError for an option out of range, naming it */
export function batchNorm2d(numFeatures: number, options?: BatchNormOptions): BatchNorm2d {
  return new BatchNorm2d(numFeatures, options);
}
