import { positiveInteger } from '../check';
import type { ImageShape } from '../data/dataset';
import { type ImageSize, sizeText } from '../data/image-size';
import { UsageError } from '../errors';
import { type BatchNorm2d, batchNorm2d } from '../nn/batch-norm';
import { conv2d } from '../nn/conv';
import { type Embedding, embedding } from '../nn/embedding';
import { type Linear, linear } from '../nn/linear';
import { Module } from '../nn/module';
import { type SelfAttention2d, selfAttention2d } from '../nn/self-attention';
import type { SpectralNorm } from '../nn/spectral-norm';
import { lyingLike } from '../tensor/lying-like';
import type { Tensor } from '../tensor/tensor';
import { checkAttention } from './feature-maps';
import { squareSide } from './halving';
import { requireLabels } from './labels';
import {
  type Convolution,
  DiscriminatorBlock,
  FirstDiscriminatorBlock,
  GeneratorBlock,
  normRelu,
  started,
  weightOf,
} from './residual';

/** What both networks are built from. */
interface ResNetOptions {
  /** The images to make, or to judge. */
  readonly images: ImageShape;
  /** Height of the feature map that gets self-attention; null for none (null). */
  readonly attention?: number | null;
  /** Classes of a conditional model; null for none (null). */
  readonly classes?: number | null;
  /** Channels double from block to block inwards, up to so many widths: the paper's 1 at 32 pixels, 16 at 64 and 128 (the paper's). */
  readonly growth?: number;
}

/** Options of {@link ResNetGenerator}. */
export interface ResNetGeneratorOptions extends ResNetOptions {
  /** Numbers in a latent (128). */
  readonly latentSize?: number;
  /** Channels at the images' side (256 at 32, else 64). */
  readonly width?: number;
  /** As SAGAN has it (false). */
  readonly spectralNorm?: boolean;
}

/** Options of {@link ResNetDiscriminator}. */
export interface ResNetDiscriminatorOptions extends ResNetOptions {
  /** Channels at the images' side (128 at 32, else 64). */
  readonly width?: number;
  /** (true) */
  readonly spectralNorm?: boolean;
}

interface Layout {
  readonly growth: number;
  readonly generatorWidth: number;
  readonly discriminatorWidth: number;
  /** Blocks of the discriminator. */
  readonly blocks: number;
  /** How many of them halve the image. */
  readonly halvings: number;
}

const FIRST = 4;

/** Tables 3 to 6 of the paper, by resolution. */
const LAYOUTS: ReadonlyMap<number, Layout> = new Map([
  [32, { growth: 1, generatorWidth: 256, discriminatorWidth: 128, blocks: 4, halvings: 2 }],
  [64, { growth: 16, generatorWidth: 64, discriminatorWidth: 64, blocks: 5, halvings: 5 }],
  [128, { growth: 16, generatorWidth: 64, discriminatorWidth: 64, blocks: 6, halvings: 5 }],
]);

/** Channels of `count` feature maps from the images' side inwards. */
function channelsOf(count: number, { width, growth }: { width: number; growth: number }): number[] {
  positiveInteger('a ResNet GAN', 'growth', growth);
  return Array.from({ length: count }, (_, index) => width * Math.min(growth, 2 ** index));
}

/** Whether the networks can make images of this size: square, of 32, 64 or 128. */
export function resnetAccepts(size: ImageSize): boolean {
  return LAYOUTS.has(squareSide(size) ?? 0);
}

function layoutOf(size: ImageSize): Layout {
  const layout = LAYOUTS.get(squareSide(size) ?? 0);
  if (layout) return layout;
  throw new UsageError(
    `a ResNet GAN expects square images of ${[...LAYOUTS.keys()].join(', ')} pixels but received ${sizeText(size)}`,
  );
}

/**
 * The ResNet generator of SNGAN (Miyato et al. 2018): a latent [N, z] becomes 4 × 4 pixels by a dense layer, each block doubles them;
 * batch norm, ReLU, a 3 × 3 convolution and tanh give images [N, C, R, R] in [−1, 1]. With classes the blocks have conditional batch
 * norm, and `forward(latents, labels)` takes labels [N] (int64).
 *
 * @throws UsageError for a resolution other than 32, 64 or 128, or attention at a height that no feature map has
 */
export class ResNetGenerator extends Module {
  readonly dense: Linear | SpectralNorm<Linear>;
  readonly blocks: readonly (GeneratorBlock | SelfAttention2d)[];
  readonly norm: BatchNorm2d;
  readonly toImage: Convolution;

  constructor({
    images,
    latentSize = 128,
    attention = null,
    classes = null,
    ...rest
  }: ResNetGeneratorOptions) {
    super();
    const layout = layoutOf(images);
    const { width = layout.generatorWidth, growth = layout.growth, spectralNorm: normalised = false } = rest;
    const maps = Math.log2(images.height / FIRST) + 1;
    const [first, ...others] = channelsOf(maps, { width, growth }).reverse();
    checkAttention(
      attention,
      others.map((_, index) => FIRST * 2 ** (index + 1)),
    );
    this.dense = started(linear(latentSize, first * FIRST ** 2), { normalised });
    const blocks: (GeneratorBlock | SelfAttention2d)[] = [];
    let channels = first;
    for (const [index, out] of others.entries()) {
      blocks.push(new GeneratorBlock(channels, out, { classes, spectralNorm: normalised }));
      if (FIRST * 2 ** (index + 1) === attention)
        blocks.push(selfAttention2d(out, { spectralNorm: normalised }));
      channels = out;
    }
    this.blocks = blocks;
    this.norm = batchNorm2d(channels);
    this.toImage = started(conv2d(channels, images.channels, { kernelSize: 3, padding: 1 }), { normalised });
  }

  override forward(latents: Tensor, labels?: Tensor): Tensor {
    const pixels = this.dense.forward(latents).reshape([latents.shape[0], -1, FIRST, FIRST]);
    let map = lyingLike(pixels, weightOf(this.toImage));
    for (const block of this.blocks)
      map = block instanceof GeneratorBlock ? block.forward(map, labels) : block.forward(map);
    return this.toImage.forward(normRelu(this.norm, map, undefined)).tanh();
  }
}

/** The residual blocks that halve images, and what comes out of them. */
interface HalvingBlocks {
  readonly blocks: readonly (FirstDiscriminatorBlock | DiscriminatorBlock | SelfAttention2d)[];
  readonly channels: number;
  /** Pixels a side. */
  readonly side: number;
}

/** The blocks of the discriminator, and of {@link ResNetEncoder}. @throws UsageError as the discriminator */
function halvingBlocks({
  images,
  attention = null,
  spectralNorm,
  ...rest
}: ResNetDiscriminatorOptions & { readonly spectralNorm: boolean }): HalvingBlocks {
  const layout = layoutOf(images);
  const { width = layout.discriminatorWidth, growth = layout.growth } = rest;
  const widths = channelsOf(layout.blocks, { width, growth });
  const heights = widths.map((_, index) => images.height / 2 ** Math.min(index + 1, layout.halvings));
  checkAttention(attention, heights);
  const blocks: (FirstDiscriminatorBlock | DiscriminatorBlock | SelfAttention2d)[] = [];
  let channels = images.channels;
  for (const [index, out] of widths.entries()) {
    const Block = index === 0 ? FirstDiscriminatorBlock : DiscriminatorBlock;
    blocks.push(new Block(channels, out, { downsample: index < layout.halvings, spectralNorm }));
    if (heights.indexOf(attention ?? 0) === index) blocks.push(selfAttention2d(out, { spectralNorm }));
    channels = out;
  }
  return { blocks, channels, side: heights[heights.length - 1] };
}

/**
 * The ResNet discriminator of SNGAN (Miyato et al. 2018): residual blocks with spectral norm halve images [N, C, R, R], a ReLU and the sum
 * over all places give features, a dense layer logits [N, 1]. With classes `forward(images, labels)` adds the projection
 * ⟨embed(label), features⟩ (Miyato & Koyama 2018).
 *
 * @throws UsageError for a resolution other than 32, 64 or 128, or attention at a height that no feature map has
 */
export class ResNetDiscriminator extends Module {
  readonly blocks: readonly (FirstDiscriminatorBlock | DiscriminatorBlock | SelfAttention2d)[];
  readonly dense: Linear | SpectralNorm<Linear>;
  /** Null without classes. */
  readonly embed: Embedding | SpectralNorm<Embedding> | null;
  /** Numbers that {@link ResNetDiscriminator.features} gives for an image. */
  readonly numFeatures: number;

  constructor({ images, attention = null, classes = null, ...rest }: ResNetDiscriminatorOptions) {
    super();
    const { spectralNorm: normalised = true } = rest;
    const { blocks, channels } = halvingBlocks({ images, attention, ...rest, spectralNorm: normalised });
    this.blocks = blocks;
    this.numFeatures = channels;
    this.dense = started(linear(channels, 1), { normalised });
    this.embed = classes === null ? null : started(embedding(classes, channels), { normalised });
  }

  /** The last feature map, [N, numFeatures, H', W']. */
  featureMap(images: Tensor): Tensor {
    let map = images;
    for (const block of this.blocks) map = block.forward(map);
    return map.relu();
  }

  /** What the logits are made from: the sum over all places, [N, numFeatures]. */
  features(images: Tensor): Tensor {
    return this.featureMap(images).sum([2, 3]);
  }

  override forward(images: Tensor, labels?: Tensor): Tensor {
    const features = this.features(images);
    const logits = this.dense.forward(features);
    if (this.embed === null) return logits;
    const given = requireLabels(labels, 'discriminator');
    return logits.add(this.embed.forward(given).mul(features).sum(1, { keepdim: true }));
  }
}

/** A {@link ResNetGenerator}. @throws UsageError for a resolution other than 32, 64 or 128, or attention where there is no map */
export function resnetGenerator(options: ResNetGeneratorOptions): ResNetGenerator {
  return new ResNetGenerator(options);
}

/** A {@link ResNetDiscriminator}. @throws UsageError for a resolution other than 32, 64 or 128, or attention where there is no map */
export function resnetDiscriminator(options: ResNetDiscriminatorOptions): ResNetDiscriminator {
  return new ResNetDiscriminator(options);
}

/** Options of {@link ResNetEncoder}. */
export interface ResNetEncoderOptions
  extends Pick<ResNetDiscriminatorOptions, 'images' | 'width' | 'growth'> {
  /** Numbers in a latent (128). */
  readonly latentSize?: number;
}

/**
 * Images [N, C, R, R] → latents [N, z], the way back of {@link ResNetGenerator}: the residual blocks of {@link ResNetDiscriminator} without
 * spectral norm, a ReLU, and a dense layer over all places of the last map (Schlegl et al. 2019).
 *
 * @throws UsageError for a resolution other than 32, 64 or 128
 */
export class ResNetEncoder extends Module {
  readonly blocks: readonly (FirstDiscriminatorBlock | DiscriminatorBlock | SelfAttention2d)[];
  readonly dense: Linear | SpectralNorm<Linear>;

  constructor({ latentSize = 128, ...options }: ResNetEncoderOptions) {
    super();
    const { blocks, channels, side } = halvingBlocks({ ...options, spectralNorm: false });
    this.blocks = blocks;
    this.dense = started(linear(channels * side ** 2, latentSize), { normalised: false });
  }

  override forward(images: Tensor): Tensor {
    let map = images;
    for (const block of this.blocks) map = block.forward(map);
    return this.dense.forward(map.relu().flatten({ startDim: 1 }));
  }
}

/** A {@link ResNetEncoder}. @throws UsageError for a resolution other than 32, 64 or 128 */
export function resnetEncoder(options: ResNetEncoderOptions): ResNetEncoder {
  return new ResNetEncoder(options);
}
