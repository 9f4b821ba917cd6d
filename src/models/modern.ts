import { positiveInteger } from '../check';
import type { ImageShape } from '../data/dataset';
import type { ImageSize } from '../data/image-size';
import { type Conv2d, conv2d } from '../nn/conv';
import { kaimingNormal_, normal_, zeros_ } from '../nn/init';
import { type Linear, linear } from '../nn/linear';
import { Module } from '../nn/module';
import { type Parameter, parameter } from '../nn/parameter';
import { avgPool2d } from '../nn/pool';
import { type Sequential, sequential } from '../nn/sequential';
import { flatten } from '../nn/shape';
import { upsample } from '../nn/upsample';
import { empty } from '../tensor/create';
import type { Tensor } from '../tensor/tensor';
import { GroupedResidualBlock } from './grouped-residual';
import { squareSide } from './halving';

/** Sizes of the networks. */
export interface ModernOptions {
  /** The images to make, and to judge. */
  readonly images: ImageShape;
  /** Numbers in a latent (64). */
  readonly latentSize?: number;
  /** Channels at the images' size; each halving doubles them (64). */
  readonly width?: number;
  /** The most channels a feature map has (256). */
  readonly maxWidth?: number;
  /** Residual blocks for each size of the feature maps (2). */
  readonly blocksPerStage?: number;
  /** How many times as many channels a block has inside (2). */
  readonly expansion?: number;
  /** Channels that a group of the blocks' 3 × 3 convolutions sees (16). */
  readonly groupSize?: number;
}

const FIRST = 4;

/** Whether the networks can make images of this size: square, a power of two from 8 to 512. */
export function modernAccepts(size: ImageSize): boolean {
  const side = squareSide(size) ?? 0;
  return side >= 8 && side <= 512 && Number.isInteger(Math.log2(side));
}

interface Plan {
  /** Channels of the feature maps, from 4 × 4 to the images' size. */
  readonly channels: readonly number[];
  /** The residual blocks of a stage. */
  stage(channels: number): Module[];
}

function planOf({ images, width = 64, maxWidth = 256, blocksPerStage = 2, ...rest }: ModernOptions): Plan {
  for (const [name, value] of Object.entries({ width, maxWidth, blocksPerStage }))
    positiveInteger('modern networks', name, value);
  const stages = Math.log2(images.height / FIRST) + 1;
  const channels = Array.from({ length: stages }, (_, i) => Math.min(maxWidth, width * 2 ** i)).reverse();
  const { expansion, groupSize } = rest;
  const options = { blocks: stages * blocksPerStage, expansion, groupSize };
  const stage = (size: number) =>
    Array.from({ length: blocksPerStage }, () => new GroupedResidualBlock(size, options));
  return { channels, stage };
}

/** A 1 × 1 convolution that keeps the size of what it is given: N(0, 1 / inputs). */
function pointwise(inputs: number, outputs: number, { bias = false } = {}): Conv2d {
  return linearly(conv2d(inputs, outputs, { kernelSize: 1, bias }));
}

function linearly<L extends Conv2d | Linear>(layer: L): L {
  kaimingNormal_(layer.weight, { nonlinearity: 'linear' });
  if (layer.bias) zeros_(layer.bias);
  return layer;
}

/**
 * A generator without normalisation layers, after "The GAN is dead; long live the GAN!" (Huang et al. 2024): a dense layer weighs learned 4 × 4
 * maps by the latent [N, z]; stages of {@link GroupedResidualBlock}, between them bilinear upsampling; a 1 × 1 convolution gives images
 * [N, C, R, R]. There is no tanh: images may leave [−1, 1] a little, and are clipped where they are drawn.
 */
export class ModernGenerator extends Module {
  /** [channels, 4, 4] */
  readonly basis: Parameter;
  readonly mapping: Linear;
  readonly body: Sequential;

  constructor({ latentSize = 64, ...options }: ModernOptions) {
    super();
    const { channels, stage } = planOf(options);
    this.basis = parameter(empty([channels[0], FIRST, FIRST]));
    normal_(this.basis);
    this.mapping = linearly(linear(latentSize, channels[0]));
    const body: Module[] = [];
    for (const [index, size] of channels.entries()) {
      const before = channels[index - 1] ?? size;
      if (index > 0) {
        // A convolution of single pixels gives the same before resampling, from a quarter of them.
        if (before !== size) body.push(pointwise(before, size));
        body.push(upsample({ scaleFactor: 2, mode: 'bilinear' }));
      }
      body.push(...stage(size));
    }
    const last = channels[channels.length - 1];
    this.body = sequential(...body, pointwise(last, options.images.channels, { bias: true }));
  }

  override forward(latents: Tensor): Tensor {
    const weights = this.mapping.forward(latents);
    return this.body.forward(weights.unsqueeze(-1).unsqueeze(-1).mul(this.basis));
  }
}

/** A {@link ModernGenerator}. @throws UsageError for sizes that are not positive integers, or groups that do not divide channels */
export function modernGenerator(options: ModernOptions): ModernGenerator {
  return new ModernGenerator(options);
}

/**
 * The discriminator beside {@link ModernGenerator}, its mirror image: a 1 × 1 convolution, stages of {@link GroupedResidualBlock}, between them
 * average pooling; a 4 × 4 convolution of each channel apart and a dense layer give logits [N, 1].
 *
 * @throws UsageError for sizes that are not positive integers, or groups that do not divide channels
 */
export function modernDiscriminator(options: ModernOptions): Sequential {
  const { channels, stage } = planOf(options);
  const inwards = [...channels].reverse();
  const layers: Module[] = [pointwise(options.images.channels, inwards[0], { bias: true })];
  for (const [index, size] of inwards.entries()) {
    layers.push(...stage(size));
    const next = inwards[index + 1];
    if (next === undefined) continue;
    layers.push(avgPool2d(2));
    if (next !== size) layers.push(pointwise(size, next));
  }
  const [last] = channels;
  layers.push(
    linearly(conv2d(last, last, { kernelSize: FIRST, groups: last, bias: false })),
    flatten(),
    linearly(linear(last, 1)),
  );
  return sequential(...layers);
}
