import { numberBetween, positiveInteger } from '../check';
import { Module } from '../nn/module';
import { meanOfAll } from '../parallel/shared-statistics';
import { noGrad, withoutAutocast } from '../tensor/autograd';
import { eye, zeros } from '../tensor/create';
import { symmetricEigen } from '../tensor/linalg';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';

/** Options of {@link RunningNormal}. */
export interface RunningNormalOptions {
  /** The least weight of the newest vectors: the first ones count equally (0.01). */
  readonly momentum?: number;
}

/** Added to the variances, by their mean: directions in which nothing varies have no distance without end. */
const RIDGE = 1e-3;

/**
 * The normal distribution of vectors [M, d] that come batch by batch, as a network without parameters, so that it is saved with the others: mean and
 * covariance move to each batch's by 1 / n, n the number of batches, and never by less than `momentum`, so that what has been forgotten may be of another
 * network than what comes.
 *
 * @throws UsageError for a size that is no positive integer, or a momentum that is no share
 */
export class RunningNormal extends Module {
  /** [d] */
  readonly mean: Tensor;
  /** [d, d] */
  readonly covariance: Tensor;
  /** How many there were. */
  readonly batches: Tensor;
  readonly momentum: number;

  constructor(size: number, { momentum = 0.01 }: RunningNormalOptions = {}) {
    super();
    positiveInteger('RunningNormal', 'size', size);
    this.momentum = numberBetween('RunningNormal', 'momentum', momentum, { min: 0, max: 1 });
    this.mean = this.registerBuffer('mean', zeros([size]));
    this.covariance = this.registerBuffer('covariance', eye(size));
    this.batches = this.registerBuffer('batches', zeros([]));
  }

  /** Learns from vectors [M, d]: on their device, without reading anything back. */
  update(vectors: Tensor): void {
    noGrad(() =>
      withoutAutocast(vectors.device, () =>
        scope(() => {
          const seen = vectors.float();
          this.batches.add_(1);
          const weight = this.batches.reciprocal().clamp({ min: this.momentum });
          this.mean.copy_(this.mean.lerp(meanOfAll(seen.mean(0)), weight));
          const away = seen.sub(this.mean);
          const covariance = meanOfAll(away.t().matmul(away).div(seen.shape[0]));
          this.covariance.copy_(this.covariance.lerp(covariance, weight));
        }),
      ),
    );
  }

  /** Mahalanobis distances of vectors [M, d], squared and divided by d, so that 1 is usual: [M]. */
  distances(vectors: Tensor): Tensor {
    return withoutAutocast(vectors.device, () => {
      const { values, vectors: axes } = symmetricEigen(this.covariance);
      const scales = values.clamp({ min: 0 }).add(values.mean().mul(RIDGE)).rsqrt();
      return vectors.float().sub(this.mean).matmul(axes.mul(scales)).square().mean(1);
    });
  }

  override forward(vectors: Tensor): Tensor {
    return this.distances(vectors);
  }
}
