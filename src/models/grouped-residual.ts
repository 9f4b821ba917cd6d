import { argumentError, positiveInteger } from '../check';
import { type Conv2d, conv2d } from '../nn/conv';
import { normal_, zeros_ } from '../nn/init';
import { Module } from '../nn/module';
import { leakyRelu } from '../tensor/activations';
import type { Tensor } from '../tensor/tensor';

/** The negative slope of its activations. */
export const SLOPE = 0.2;
/** Convolutions of a block's branch. */
const DEPTH = 3;

/** Options of {@link GroupedResidualBlock}. */
export interface GroupedResidualBlockOptions {
  /** Residual blocks in the network: the more, the smaller each begins. */
  readonly blocks: number;
  /** How many times as many channels the branch has inside (2). */
  readonly expansion?: number;
  /** Channels that a group of the 3 × 3 convolution sees (16). */
  readonly groupSize?: number;
}

/**
 * A residual block without normalisation (Huang et al. 2024, after Xie et al. 2017 and Sandler et al. 2018): 1 × 1 convolution, leaky ReLU,
 * 3 × 3 convolution in groups, leaky ReLU, 1 × 1 convolution, added to the input. [N, C, H, W] → [N, C, H, W].
 *
 * It starts as fix-up says (Zhang et al. 2019): the last convolution as zeros, so that the block is the identity, the others as
 * He's N(0, σ²) times blocks^(−1 / (2 · 3 − 2)). The activations have biases, the last convolution has none.
 */
export class GroupedResidualBlock extends Module {
  readonly expand: Conv2d;
  readonly mix: Conv2d;
  readonly project: Conv2d;

  /** @throws UsageError for options that are not positive integers, or groups that do not divide the channels */
  constructor(
    readonly channels: number,
    { blocks, expansion = 2, groupSize = 16 }: GroupedResidualBlockOptions,
  ) {
    super();
    const owner = 'GroupedResidualBlock';
    for (const [name, value] of Object.entries({ channels, blocks, expansion, groupSize }))
      positiveInteger(owner, name, value);
    const inner = channels * expansion;
    const groups = Math.max(1, inner / groupSize);
    if (!Number.isInteger(groups))
      throw argumentError(owner, `channels · expansion to be a multiple of groupSize, ${groupSize},`, inner);
    this.expand = conv2d(channels, inner, { kernelSize: 1 });
    this.mix = conv2d(inner, inner, { kernelSize: 3, padding: 1, groups });
    this.project = conv2d(inner, channels, { kernelSize: 1, bias: false });
    for (const layer of [this.expand, this.mix]) fixUp(layer, blocks);
    zeros_(this.project.weight);
  }

  override forward(input: Tensor): Tensor {
    const inner = leakyRelu(this.expand.forward(input), SLOPE);
    return input.add(this.project.forward(leakyRelu(this.mix.forward(inner), SLOPE)));
  }
}

function fixUp({ weight, bias, outChannels }: Conv2d, blocks: number): void {
  const he = Math.sqrt(2 / (1 + SLOPE ** 2) / (weight.numel / outChannels));
  normal_(weight, { std: he * blocks ** (-1 / (2 * DEPTH - 2)) });
  if (bias) zeros_(bias);
}
