import { argumentError, oneOf } from '../check';
import { elu } from '../tensor/activations';
import { noGrad } from '../tensor/autograd';
import type { Tensor } from '../tensor/tensor';
import { type Conv2d, type Conv2dOptions, conv2d } from './conv';
import { kaimingNormal_, zeros_ } from './init';
import { Module } from './module';

/** Options of {@link GatedConv2d}. */
export interface GatedConv2dOptions extends Conv2dOptions {
  /** What features pass before they are gated (`elu`). */
  readonly activation?: 'elu' | 'none';
}

/**
 * Weights start as N(0, 4 / fan-in), of which {@link kaimingNormal_} has half: small maps, whose gates are near ½, keep their size, and large ones do
 * not grow. By PyTorch's usual start a map would lose two thirds of its size in each layer.
 */
const GAIN = Math.SQRT2;

/**
 * A gated convolution (Yu et al. 2019): y = φ(W_f ∗ x + b_f) ⊙ σ(W_g ∗ x + b_g), where gates learn for each channel and place how much of
 * what is found there may pass, e.g. nothing of a hole. φ is the ELU.
 *
 * Input [N, inChannels, H, W], output [N, outChannels, H', W'] as of {@link Conv2d}. Both convolutions are one, `conv.weight`
 * [2 · outChannels, inChannels / groups, kH, kW], features before gates. It starts as N(0, 4 / fan-in), its bias as 0.
 */
export class GatedConv2d extends Module {
  readonly conv: Conv2d;
  readonly activation: 'elu' | 'none';

  /** @throws UsageError for an option out of range, naming it */
  constructor(
    inChannels: number,
    readonly outChannels: number,
    { activation = 'elu', ...options }: GatedConv2dOptions,
  ) {
    super();
    if (!Number.isInteger(outChannels) || outChannels < 1)
      throw argumentError('gatedConv2d', 'outChannels to be a positive integer', outChannels);
    this.activation = oneOf('gatedConv2d', 'activation', activation, ['elu', 'none']);
    this.conv = conv2d(inChannels, 2 * outChannels, options);
    kaimingNormal_(this.conv.weight);
    noGrad(() => this.conv.weight.mul_(GAIN));
    if (this.conv.bias) zeros_(this.conv.bias);
  }

  override forward(input: Tensor): Tensor {
    const [features, gates] = this.conv.forward(input).chunk(2, 1);
    return (this.activation === 'elu' ? elu(features) : features).mul(gates.sigmoid());
  }

  protected override describe(): string {
    return `activation=${this.activation}`;
  }
}

/** A {@link GatedConv2d} layer. @throws UsageError for an option out of range, naming it */
export function gatedConv2d(
  inChannels: number,
  outChannels: number,
  options: GatedConv2dOptions,
): GatedConv2d {
  return new GatedConv2d(inChannels, outChannels, options);
}
