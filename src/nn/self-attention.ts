import { positiveInteger } from '../check';
import { full } from '../tensor/create';
import type { Tensor } from '../tensor/tensor';
import { type Conv2d, conv2d } from './conv';
import { Module } from './module';
import { type Parameter, parameter } from './parameter';
import { type MaxPool2d, maxPool2d } from './pool';
import { type SpectralNorm, type SpectralNormOptions, spectralNorm } from './spectral-norm';

/** Options of {@link SelfAttention2d}. */
export interface SelfAttentionOptions {
  /** Whether its convolutions have {@link SpectralNorm}, perhaps with options (true). */
  readonly spectralNorm?: boolean | SpectralNormOptions;
}

/**
 * Self-attention over the places of a feature map (Zhang et al. 2019): y = x + γ · output(Σⱼ βᵢⱼ · value(x)ⱼ), with βᵢⱼ the softmax
 * over j of query(x)ᵢ · key(x)ⱼ. Query and key have an eighth of the channels, the value half of them; keys and values are
 * max-pooled to half the height and width. All four are 1 × 1 convolutions without a bias, and γ starts as 0.
 *
 * [N, C, H, W] → [N, C, H, W], H and W at least 2.
 */
export class SelfAttention2d extends Module {
  readonly query: Conv2d | SpectralNorm<Conv2d>;
  readonly key: Conv2d | SpectralNorm<Conv2d>;
  readonly value: Conv2d | SpectralNorm<Conv2d>;
  readonly output: Conv2d | SpectralNorm<Conv2d>;
  /** How much attention counts, a number. */
  readonly gamma: Parameter;
  protected readonly pool: MaxPool2d;

  /** @throws UsageError for channels that are not a positive integer */
  constructor(
    readonly channels: number,
    { spectralNorm: normalised = true }: SelfAttentionOptions = {},
  ) {
    super();
    positiveInteger('selfAttention2d', 'channels', channels);
    const share = (parts: number) => Math.max(1, Math.floor(channels / parts));
    const layer = (inputs: number, outputs: number) => {
      const made = conv2d(inputs, outputs, { kernelSize: 1, bias: false });
      if (normalised === false) return made;
      return spectralNorm(made, normalised === true ? {} : normalised);
    };
    this.query = layer(channels, share(8));
    this.key = layer(channels, share(8));
    this.value = layer(channels, share(2));
    this.output = layer(share(2), channels);
    this.gamma = parameter(full([], 0));
    this.pool = maxPool2d(2);
  }

  override forward(input: Tensor): Tensor {
    const [batch, , height, width] = input.shape;
    const places = (map: Tensor) => map.flatten({ startDim: 2 });
    const query = places(this.query.forward(input)).transpose(1, 2);
    const key = places(this.pool.forward(this.key.forward(input)));
    const value = places(this.pool.forward(this.value.forward(input))).transpose(1, 2);
    const attended = query.bmm(key).softmax(-1).bmm(value).transpose(1, 2);
    const map = attended.reshape([batch, attended.shape[1], height, width]);
    return input.add(this.output.forward(map).mul(this.gamma));
  }

  protected override describe(): string {
    return `${this.channels}`;
  }
}

/** A {@link SelfAttention2d} layer. @throws UsageError for channels that are not a positive integer */
export function selfAttention2d(channels: number, options?: SelfAttentionOptions): SelfAttention2d {
  return new SelfAttention2d(channels, options);
}
