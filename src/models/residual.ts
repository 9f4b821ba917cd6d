import { BatchNorm2d, batchNorm2d } from '../nn/batch-norm';
import { type ConditionalBatchNorm2d, conditionalBatchNorm2d } from '../nn/conditional-batch-norm';
import { Conv2d, conv2d } from '../nn/conv';
import { xavierUniform_, zeros_ } from '../nn/init';
import { Module } from '../nn/module';
import { type ProjectedBatchNorm2d, projectedBatchNorm2d } from '../nn/projected-batch-norm';
import { type SpectralNorm, type SpectralNormOptions, spectralNorm } from '../nn/spectral-norm';
import type { WeightedLayer } from '../nn/weighted-layer';
import { avgPool2d, interpolate } from '../tensor/functional';
import type { Tensor } from '../tensor/tensor';
import { requireLabels } from './labels';

/** A convolution, perhaps with spectral norm. */
export type Convolution = Conv2d | SpectralNorm<Conv2d>;

/** Starts a layer's weight as Glorot's U(−b, b), and its bias as 0; with spectral norm where that is wanted. */
export function started<L extends WeightedLayer & { readonly bias?: Tensor | null }>(
  layer: L,
  { gain = 1, normalised }: { readonly gain?: number; readonly normalised: boolean | SpectralNormOptions },
): L | SpectralNorm<L> {
  xavierUniform_(layer.weight, { gain });
  if (layer.bias) zeros_(layer.bias);
  if (normalised === false) return layer;
  return spectralNorm(layer, normalised === true ? {} : normalised);
}

/** The weight of a convolution, as it is before spectral norm. */
export function weightOf(convolution: Convolution): Tensor {
  return convolution instanceof Conv2d ? convolution.weight : convolution.layer.weight;
}

interface Sides {
  readonly from: number;
  readonly to: number;
  readonly normalised: boolean | SpectralNormOptions;
  /** False before a batch norm, which would undo it (true). */
  readonly bias?: boolean;
}

/** The 3 × 3 convolutions of a residual branch are followed by a ReLU, or a sum: Glorot's bound times √2. */
function branch({ from, to, normalised, bias }: Sides): Convolution {
  return started(conv2d(from, to, { kernelSize: 3, padding: 1, bias }), { gain: Math.SQRT2, normalised });
}

function projection({ from, to, normalised }: Sides): Convolution {
  return started(conv2d(from, to, { kernelSize: 1 }), { normalised });
}

/** The batch norm of a generator's block. */
export type BlockNorm = BatchNorm2d | ConditionalBatchNorm2d | ProjectedBatchNorm2d;

/** What the batch norms of a generator's block depend on. */
export interface NormCondition {
  /** Classes of a conditional batch norm; null for a plain one (null). */
  readonly classes?: number | null;
  /** Instead of classes: numbers in the vector that scales and shifts are linear in (none). */
  readonly condition?: number;
  /** (false) */
  readonly spectralNorm?: boolean | SpectralNormOptions;
}

/** A generator's batch norm. */
export function blockNorm(
  channels: number,
  { classes = null, condition, spectralNorm: normalised = false }: NormCondition,
): BlockNorm {
  if (condition !== undefined) return projectedBatchNorm2d(channels, condition, { spectralNorm: normalised });
  return classes === null ? batchNorm2d(channels) : conditionalBatchNorm2d(channels, classes);
}

/** A batch norm, with labels or a vector where it is conditional, and a ReLU. */
export function normRelu(norm: BlockNorm, input: Tensor, given: Tensor | undefined): Tensor {
  if (norm instanceof BatchNorm2d) return norm.forwardLeakyRelu(input, 0);
  return norm.forward(input, requireLabels(given, 'generator')).relu();
}

/** Options of {@link GeneratorBlock}. */
export interface GeneratorBlockOptions extends NormCondition {
  /** Doubles height and width (true). */
  readonly upsample?: boolean;
}

/**
 * The generator's residual block of SNGAN (Miyato et al. 2018, after He et al. 2016): batch norm, ReLU, nearest-neighbour
 * upsampling, 3 × 3 convolution, batch norm, ReLU, 3 × 3 convolution; beside it upsampling and a 1 × 1 convolution.
 *
 * `forward(input, given?)`: [N, inChannels, H, W] → [N, outChannels, 2H, 2W]; given are labels [N] of `classes`, or vectors [N, condition].
 */
export class GeneratorBlock extends Module {
  readonly norm1: BlockNorm;
  readonly conv1: Convolution;
  readonly norm2: BlockNorm;
  readonly conv2: Convolution;
  /** Null where nothing changes size. */
  readonly shortcut: Convolution | null;
  readonly upsample: boolean;

  constructor(
    inChannels: number,
    outChannels: number,
    { upsample = true, ...condition }: GeneratorBlockOptions = {},
  ) {
    super();
    const { spectralNorm: normalised = false } = condition;
    this.upsample = upsample;
    this.norm1 = blockNorm(inChannels, condition);
    this.conv1 = branch({ from: inChannels, to: outChannels, normalised, bias: false });
    this.norm2 = blockNorm(outChannels, condition);
    this.conv2 = branch({ from: outChannels, to: outChannels, normalised });
    const projects = upsample || inChannels !== outChannels;
    this.shortcut = projects ? projection({ from: inChannels, to: outChannels, normalised }) : null;
  }

  override forward(input: Tensor, given?: Tensor): Tensor {
    const larger = (map: Tensor) => (this.upsample ? interpolate(map, { scaleFactor: 2 }) : map);
    const first = this.conv1.forward(larger(normRelu(this.norm1, input, given)));
    const second = this.conv2.forward(normRelu(this.norm2, first, given));
    // A convolution of single pixels gives the same before upsampling, from a quarter of them.
    return second.add(larger(this.shortcut?.forward(input) ?? input));
  }
}

/** Options of {@link DiscriminatorBlock} and {@link FirstDiscriminatorBlock}. */
export interface DiscriminatorBlockOptions {
  /** Halves height and width (true). */
  readonly downsample?: boolean;
  /** Channels between the 3 × 3 convolutions (those of the input; BigGAN has those of the output). */
  readonly hiddenChannels?: number;
  /** (true) */
  readonly spectralNorm?: boolean | SpectralNormOptions;
}

function smaller(map: Tensor): Tensor {
  return avgPool2d(map, { kernelSize: 2 });
}

/**
 * The discriminator's residual block of SNGAN: ReLU, 3 × 3 convolution, ReLU, 3 × 3 convolution, average pooling; beside it a
 * 1 × 1 convolution and pooling. [N, inChannels, H, W] → [N, outChannels, H/2, W/2].
 */
export class DiscriminatorBlock extends Module {
  readonly conv1: Convolution;
  readonly conv2: Convolution;
  /** Null where nothing changes size. */
  readonly shortcut: Convolution | null;
  readonly downsample: boolean;

  constructor(
    inChannels: number,
    outChannels: number,
    {
      downsample = true,
      hiddenChannels = inChannels,
      spectralNorm: normalised = true,
    }: DiscriminatorBlockOptions = {},
  ) {
    super();
    this.downsample = downsample;
    this.conv1 = branch({ from: inChannels, to: hiddenChannels, normalised });
    this.conv2 = branch({ from: hiddenChannels, to: outChannels, normalised });
    const projects = downsample || inChannels !== outChannels;
    this.shortcut = projects ? projection({ from: inChannels, to: outChannels, normalised }) : null;
  }

  override forward(input: Tensor): Tensor {
    const pooled = (map: Tensor) => (this.downsample ? smaller(map) : map);
    const second = this.conv2.forward(this.conv1.forward(input.relu()).relu());
    const beside = pooled(input);
    return pooled(second).add(this.shortcut?.forward(beside) ?? beside);
  }
}

/**
 * The discriminator's first block, on images: as {@link DiscriminatorBlock}, but without a ReLU before the first convolution, which
 * has all output channels. [N, inChannels, H, W] → [N, outChannels, H/2, W/2].
 */
export class FirstDiscriminatorBlock extends Module {
  readonly conv1: Convolution;
  readonly conv2: Convolution;
  readonly shortcut: Convolution;

  constructor(
    inChannels: number,
    outChannels: number,
    { spectralNorm: normalised = true }: Pick<DiscriminatorBlockOptions, 'spectralNorm'> = {},
  ) {
    super();
    this.conv1 = branch({ from: inChannels, to: outChannels, normalised });
    this.conv2 = branch({ from: outChannels, to: outChannels, normalised });
    this.shortcut = projection({ from: inChannels, to: outChannels, normalised });
  }

  override forward(input: Tensor): Tensor {
    const second = this.conv2.forward(this.conv1.forward(input).relu());
    return smaller(second).add(this.shortcut.forward(smaller(input)));
  }
}
