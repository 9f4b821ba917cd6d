import { positiveInteger } from '../check';
import type { Tensor } from '../tensor/tensor';
import { type BatchNorm2d, type BatchNormOptions, batchNorm2d } from './batch-norm';
import { type Embedding, embedding } from './embedding';
import { zeros_ } from './init';
import { Module } from './module';

/** Options of {@link ConditionalBatchNorm2d}: a batch norm's but `affine`. */
export type ConditionalBatchNormOptions = Omit<BatchNormOptions, 'affine'>;

/**
 * Batch normalisation with a scale and a shift for each class (Dumoulin et al. 2017, de Vries et al. 2017):
 * y = (1 + γ(label)) · (x − E[x]) / √(Var[x] + eps) + β(label). γ and β are embeddings that start as 0.
 *
 * `forward(input, labels)`: input [N, C, H, W], labels [N] (int64) → [N, C, H, W].
 */
export class ConditionalBatchNorm2d extends Module {
  readonly norm: BatchNorm2d;
  readonly gamma: Embedding;
  readonly beta: Embedding;

  /** @throws UsageError for an option out of range, naming it */
  constructor(numFeatures: number, numClasses: number, options: ConditionalBatchNormOptions = {}) {
    super();
    positiveInteger('conditionalBatchNorm2d', 'numFeatures', numFeatures);
    positiveInteger('conditionalBatchNorm2d', 'numClasses', numClasses);
    this.norm = batchNorm2d(numFeatures, { ...options, affine: false });
    this.gamma = embedding(numClasses, numFeatures);
    this.beta = embedding(numClasses, numFeatures);
    for (const { weight } of [this.gamma, this.beta]) zeros_(weight);
  }

  override forward(input: Tensor, labels: Tensor): Tensor {
    const perChannel = (table: Embedding) => table.forward(labels).unsqueeze(-1).unsqueeze(-1);
    const normalized = this.norm.forward(input);
    const output = normalized.mul(perChannel(this.gamma).add(1)).add(perChannel(this.beta));
    // What comes next would round it under autocast anyway, but go over float32 until then.
    return output.dtype === normalized.dtype ? output : output.to({ dtype: normalized.dtype });
  }
}

/** A {@link ConditionalBatchNorm2d} layer. @throws UsageError for an option out of range, naming it */
export function conditionalBatchNorm2d(
  numFeatures: number,
  numClasses: number,
  options?: ConditionalBatchNormOptions,
): ConditionalBatchNorm2d {
  return new ConditionalBatchNorm2d(numFeatures, numClasses, options);
}
