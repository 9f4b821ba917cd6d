import { divisibleBy, positiveInteger } from '../check';
import { inFull } from '../tensor/full-precision';
import { cat } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';
import { Module } from './module';

/** Options of {@link MinibatchStd}. */
export interface MinibatchStdOptions {
  /** Images that are compared with each other (4). */
  readonly groupSize?: number;
  /** Channels to append: each for an equal share of the input's (1). */
  readonly numFeatures?: number;
}

/** Added to the variance. */
const EPS = 1e-8;

/**
 * Minibatch standard deviation (Karras et al. 2018): appends channels that tell a discriminator how much the images of a batch
 * differ. Image i is compared with i + N/g, i + 2·N/g, … for groups of g images: the standard deviation over the group (biased),
 * averaged over channels and places, is the same for all of them.
 *
 * [N, C, H, W] → [N, C + numFeatures, H, W]. Where the group size does not divide N, the next smaller one that does is taken.
 */
export class MinibatchStd extends Module {
  readonly groupSize: number;
  readonly numFeatures: number;

  /** @throws UsageError for options that are not positive integers */
  constructor({ groupSize = 4, numFeatures = 1 }: MinibatchStdOptions = {}) {
    super();
    this.groupSize = positiveInteger('minibatchStd', 'groupSize', groupSize);
    this.numFeatures = positiveInteger('minibatchStd', 'numFeatures', numFeatures);
  }

  /** @throws UsageError where the channels cannot be shared equally */
  override forward(input: Tensor): Tensor {
    const { groupSize, numFeatures } = this;
    const [batch, channels, height, width] = input.shape;
    divisibleBy('minibatchStd', numFeatures, { channels });
    let group = Math.min(groupSize, batch);
    while (batch % group !== 0) group--;
    const split = [group, batch / group, numFeatures, channels / numFeatures, height, width];
    const deviation = inFull(input).reshape(split).var(0, { correction: 0 }).add(EPS).sqrt();
    const features = deviation.mean([2, 3, 4]).unsqueeze(-1).unsqueeze(-1).repeat([group, 1, height, width]);
    return cat([input, features], 1);
  }

  protected override describe(): string {
    return `groupSize=${this.groupSize}, numFeatures=${this.numFeatures}`;
  }
}

/** A {@link MinibatchStd} layer. @throws UsageError for options that are not positive integers */
export function minibatchStd(options?: MinibatchStdOptions): MinibatchStd {
  return new MinibatchStd(options);
}
