import { UsageError } from '../errors';
import { conv2d } from '../nn/conv';
import { Module } from '../nn/module';
import type { SpectralNormOptions } from '../nn/spectral-norm';
import { avgPool2d, interpolate } from '../tensor/functional';
import { cat } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';
import {
  type BlockNorm,
  blockNorm,
  type Convolution,
  type NormCondition,
  normRelu,
  started,
} from './residual';

/** A block has a fourth of the channels inside. */
const RATIO = 4;

/** 1 × 1, 3 × 3, 3 × 3, 1 × 1. */
const KERNELS = [1, 3, 3, 1];

function inside(channels: number): number {
  return Math.max(1, Math.floor(channels / RATIO));
}

/** The four convolutions of a block. A bias that a batch norm follows would be undone by it. */
function convolutions(
  channels: readonly number[],
  {
    normed,
    spectralNorm,
  }: { readonly normed: boolean; readonly spectralNorm: boolean | SpectralNormOptions },
): Convolution[] {
  return KERNELS.map((kernelSize, i) => {
    const bias = !normed || i === KERNELS.length - 1;
    const options = { kernelSize, padding: (kernelSize - 1) / 2, bias };
    return started(conv2d(channels[i], channels[i + 1], options), {
      gain: Math.SQRT2,
      normalised: spectralNorm,
    });
  });
}

/** Options of {@link BottleneckGeneratorBlock}. */
export interface BottleneckGeneratorOptions extends NormCondition {
  /** Doubles height and width (true). */
  readonly upsample?: boolean;
}

/**
 * The generator's residual block of BigGAN-deep (Brock et al. 2019): a 1 × 1 convolution to a fourth of the channels, two of 3 × 3, and one of
 * 1 × 1 to those that go out, each after a batch norm and a ReLU; the first 3 × 3 comes after the upsampling. Beside it the first
 * `outChannels` of the input pass as they are: the others are dropped.
 *
 * `forward(input, given?)`: [N, inChannels, H, W] → [N, outChannels, 2H, 2W]; given are labels [N] of `classes`, or vectors [N, condition].
 */
export class BottleneckGeneratorBlock extends Module {
  readonly norms: readonly BlockNorm[];
  readonly convs: readonly Convolution[];
  readonly upsample: boolean;

  /** @throws UsageError for more channels than come in */
  constructor(
    inChannels: number,
    readonly outChannels: number,
    { upsample = true, ...condition }: BottleneckGeneratorOptions = {},
  ) {
    super();
    if (outChannels > inChannels)
      throw new UsageError(
        `a bottleneck block of a generator keeps or drops channels, but is to make ${outChannels} of ${inChannels}`,
      );
    const hidden = inside(inChannels);
    this.upsample = upsample;
    this.norms = [inChannels, hidden, hidden, hidden].map((channels) => blockNorm(channels, condition));
    this.convs = convolutions([inChannels, hidden, hidden, hidden, outChannels], {
      normed: true,
      spectralNorm: condition.spectralNorm ?? false,
    });
  }

  override forward(input: Tensor, given?: Tensor): Tensor {
    const larger = (map: Tensor) => (this.upsample ? interpolate(map, { scaleFactor: 2 }) : map);
    let map = input;
    for (const [i, conv] of this.convs.entries()) {
      const active = normRelu(this.norms[i], map, given);
      map = conv.forward(i === 1 ? larger(active) : active);
    }
    return map.add(larger(input.narrow(1, { start: 0, length: this.outChannels })));
  }
}

/** Options of {@link BottleneckDiscriminatorBlock}. */
export interface BottleneckDiscriminatorOptions {
  /** Halves height and width (true). */
  readonly downsample?: boolean;
  /** (true) */
  readonly spectralNorm?: boolean | SpectralNormOptions;
}

/**
 * The discriminator's residual block of BigGAN-deep (Brock et al. 2019): convolutions of 1 × 1, 3 × 3, 3 × 3 with a fourth of the channels that go
 * out, average pooling, and one of 1 × 1, each after a ReLU. Beside it the pooled input passes as it is, and a 1 × 1 convolution of it adds the
 * channels that are missing. [N, inChannels, H, W] → [N, outChannels, H/2, W/2].
 */
export class BottleneckDiscriminatorBlock extends Module {
  readonly convs: readonly Convolution[];
  /** The channels that the input lacks; null where it has all. */
  readonly shortcut: Convolution | null;
  readonly downsample: boolean;

  /** @throws UsageError for fewer channels than come in */
  constructor(
    inChannels: number,
    outChannels: number,
    { downsample = true, spectralNorm = true }: BottleneckDiscriminatorOptions = {},
  ) {
    super();
    if (outChannels < inChannels)
      throw new UsageError(
        `a bottleneck block of a discriminator keeps or adds channels, but is to make ${outChannels} of ${inChannels}`,
      );
    const hidden = inside(outChannels);
    this.downsample = downsample;
    this.convs = convolutions([inChannels, hidden, hidden, hidden, outChannels], {
      normed: false,
      spectralNorm,
    });
    const missing = outChannels - inChannels;
    this.shortcut =
      missing > 0
        ? started(conv2d(inChannels, missing, { kernelSize: 1 }), { normalised: spectralNorm })
        : null;
  }

  override forward(input: Tensor): Tensor {
    const smaller = (map: Tensor) => (this.downsample ? avgPool2d(map, { kernelSize: 2 }) : map);
    let map = input;
    for (const [i, conv] of this.convs.entries()) {
      const active = map.relu();
      map = conv.forward(i === this.convs.length - 1 ? smaller(active) : active);
    }
    const kept = smaller(input);
    return map.add(this.shortcut ? cat([kept, this.shortcut.forward(kept)], 1) : kept);
  }
}
