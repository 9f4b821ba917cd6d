import { positiveInteger } from '../check';
import type { Tensor } from '../tensor/tensor';
import { type BatchNorm2d, type BatchNormOptions, batchNorm2d } from './batch-norm';
import { type Linear, linear } from './linear';
import { Module } from './module';
import { type SpectralNorm, type SpectralNormOptions, spectralNorm } from './spectral-norm';

/** Options of {@link ProjectedBatchNorm2d}: a batch norm's but `affine`, and one more. */
export interface ProjectedBatchNormOptions extends Omit<BatchNormOptions, 'affine'> {
  /** Whether both projections have {@link SpectralNorm}, perhaps with options (false). */
  readonly spectralNorm?: boolean | SpectralNormOptions;
}

/**
 * Batch normalisation whose scale and shift are linear in a vector c, such as a class's embedding beside a part of the latent (Brock et
 * al. 2019): y = (1 + A·c) · (x − E[x]) / √(Var[x] + eps) + B·c. A and B have no biases, and start as those of {@link Linear}.
 *
 * `forward(input, condition)`: input [N, C, H, W], condition [N, numConditions] → [N, C, H, W].
 */
export class ProjectedBatchNorm2d extends Module {
  readonly norm: BatchNorm2d;
  readonly gamma: Linear | SpectralNorm<Linear>;
  readonly beta: Linear | SpectralNorm<Linear>;

  /** @throws UsageError for an option out of range, naming it */
  constructor(
    numFeatures: number,
    numConditions: number,
    { spectralNorm: normalised = false, ...options }: ProjectedBatchNormOptions = {},
  ) {
    super();
    positiveInteger('projectedBatchNorm2d', 'numFeatures', numFeatures);
    positiveInteger('projectedBatchNorm2d', 'numConditions', numConditions);
    const weights = () => {
      const made = linear(numConditions, numFeatures, { bias: false });
      if (normalised === false) return made;
      return spectralNorm(made, normalised === true ? {} : normalised);
    };
    this.norm = batchNorm2d(numFeatures, { ...options, affine: false });
    this.gamma = weights();
    this.beta = weights();
  }

  override forward(input: Tensor, condition: Tensor): Tensor {
    const perChannel = (layer: Module) => layer.forward(condition).unsqueeze(-1).unsqueeze(-1);
    return this.norm.forward(input).mul(perChannel(this.gamma).add(1)).add(perChannel(this.beta));
  }
}

/** A {@link ProjectedBatchNorm2d} layer. @throws UsageError for an option out of range, naming it */
export function projectedBatchNorm2d(
  numFeatures: number,
  numConditions: number,
  options?: ProjectedBatchNormOptions,
): ProjectedBatchNorm2d {
  return new ProjectedBatchNorm2d(numFeatures, numConditions, options);
}
