import { numberBetween } from '../check';
import { Module } from '../nn/module';
import { zeros } from '../tensor/create';
import type { Tensor } from '../tensor/tensor';

/** The running mean of path lengths, for `losses.pathLength`: a network without parameters, so that it is saved with the others. */
export class PathMean extends Module {
  /** One number, which starts as 0. */
  readonly mean: Tensor;
  /** How far it moves to each batch’s mean. */
  readonly decay: number;

  /** @throws UsageError for a decay that is no share */
  constructor({ decay = 0.01 }: { readonly decay?: number } = {}) {
    super();
    this.decay = numberBetween('PathMean', 'decay', decay, { min: 0, max: 1 });
    this.mean = this.registerBuffer('mean', zeros([]));
  }

  /** The mean, whatever comes in. */
  override forward(): Tensor {
    return this.mean;
  }
}
