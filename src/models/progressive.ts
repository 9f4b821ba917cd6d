import { positiveInteger } from '../check';
import type { ImageShape } from '../data/dataset';
import type { ImageSize } from '../data/image-size';
import { leakyRelu } from '../nn/activation';
import { equalizedConv2d, equalizedLinear } from '../nn/equalized';
import { minibatchStd } from '../nn/minibatch-std';
import type { Module } from '../nn/module';
import { pixelNorm } from '../nn/pixel-norm';
import { avgPool2d } from '../nn/pool';
import { type Sequential, sequential } from '../nn/sequential';
import { flatten, reshape } from '../nn/shape';
import { upsample } from '../nn/upsample';
import { noGrad } from '../tensor/autograd';
import { avgPool2d as areaMean } from '../tensor/functional';
import type { Tensor } from '../tensor/tensor';
import { doubled, FIRST_SIDE, fade, GrowingNetwork, sideOf } from './growing';
import { squareSide } from './halving';

/** Sizes of the networks. */
export interface ProgressiveOptions {
  /** The images of the last level. */
  readonly images: ImageShape;
  /** Numbers in a latent (512). */
  readonly latentSize?: number;
  /** Channels at the images' size; each halving doubles them (64). */
  readonly width?: number;
  /** The most channels a feature map has (512). */
  readonly maxWidth?: number;
}

/** Image sizes that {@link progressiveAccepts}, in words. */
export const PROGRESSIVE_SIZES = '8, 16, 32, 64, 128 or 256, square';

/** Whether the networks can make images of this size. */
export function progressiveAccepts(size: ImageSize): boolean {
  const side = squareSide(size) ?? 0;
  return side >= 8 && side <= 256 && Number.isInteger(Math.log2(side));
}

/** The level of images of this size, counted from 0 for 4 × 4. */
export function levelOf({ height }: ImageSize): number {
  return Math.log2(height / FIRST_SIDE);
}

/** Before a leaky ReLU (He et al. 2015). */
const GAIN = Math.SQRT2;

const activation = () => leakyRelu(0.2);

/** The level of the images; checked before there are parameters. */
function checkedLevel({ images, latentSize = 1, width = 1, maxWidth = 1 }: ProgressiveOptions): number {
  for (const [name, value] of Object.entries({ latentSize, width, maxWidth }))
    positiveInteger('progressive networks', name, value);
  return levelOf(images);
}

/** Channels of the feature maps of each level, from 4 × 4 on. */
function channelsOf({ images, width = 64, maxWidth = 512 }: ProgressiveOptions): number[] {
  const last = levelOf(images);
  return Array.from({ length: last + 1 }, (_, level) => Math.min(maxWidth, width * 2 ** (last - level)));
}

function conv(inputs: number, outputs: number, kernelSize = 3): Module {
  return equalizedConv2d(inputs, outputs, { kernelSize, padding: (kernelSize - 1) / 2, gain: GAIN });
}

/**
 * The generator of progressive growing (Karras et al. 2018): the normalised latent [N, z] becomes maps of 4 × 4; each further level doubles them and
 * has two 3 × 3 convolutions; a 1 × 1 convolution of a level's own gives images [N, C, side, side] of it. Equalised learning rates, pixel norm after each
 * leaky ReLU. While a level fades in, its images are mixed with the doubled ones of the level below. There is no tanh: images may leave
 * [−1, 1] a little.
 */
export class ProgressiveGenerator extends GrowingNetwork {
  readonly first: Sequential;
  /** Those above the first. */
  readonly levels: readonly Sequential[];
  readonly toRgb: readonly Module[];

  constructor({ latentSize = 512, ...options }: ProgressiveOptions) {
    super(checkedLevel({ ...options, latentSize }));
    const channels = channelsOf(options);
    const [lowest] = channels;
    const convolved = (inputs: number, outputs: number) => [conv(inputs, outputs), activation(), pixelNorm()];
    this.first = sequential(
      pixelNorm(),
      equalizedLinear(latentSize, lowest * FIRST_SIDE ** 2, { gain: GAIN }),
      reshape([lowest, FIRST_SIDE, FIRST_SIDE]),
      activation(),
      pixelNorm(),
      ...convolved(lowest, lowest),
    );
    this.levels = channels
      .slice(1)
      .map((outputs, below) =>
        sequential(
          upsample({ scaleFactor: 2 }),
          ...convolved(channels[below], outputs),
          ...convolved(outputs, outputs),
        ),
      );
    this.toRgb = channels.map((inputs) =>
      equalizedConv2d(inputs, options.images.channels, { kernelSize: 1 }),
    );
  }

  override forward(latents: Tensor): Tensor {
    const { level, fading, toRgb } = this;
    let maps = this.first.forward(latents);
    let below = maps;
    for (const each of this.levels.slice(0, level)) {
      below = maps;
      maps = each.forward(maps);
    }
    const images = toRgb[level].forward(maps);
    return fading ? fade(doubled(toRgb[level - 1].forward(below)), images, this.alpha) : images;
  }
}

/**
 * The discriminator beside {@link ProgressiveGenerator}, its mirror image: a level's own 1 × 1 convolution takes images [N, C, side, side]; each level has
 * two 3 × 3 convolutions and halves the maps; after the minibatch standard deviation, over groups of 4, the lowest gives logits [N, 1]. While a level
 * fades in, what it makes is mixed with what the level below takes of the halved images.
 */
export class ProgressiveDiscriminator extends GrowingNetwork {
  readonly fromRgb: readonly Sequential[];
  /** Those above the lowest. */
  readonly levels: readonly Sequential[];
  readonly last: Sequential;

  constructor(options: ProgressiveOptions) {
    super(checkedLevel(options));
    const channels = channelsOf(options);
    const [lowest] = channels;
    this.fromRgb = channels.map((outputs) =>
      sequential(conv(options.images.channels, outputs, 1), activation()),
    );
    this.levels = channels
      .slice(1)
      .map((inputs, below) =>
        sequential(
          conv(inputs, inputs),
          activation(),
          conv(inputs, channels[below]),
          activation(),
          avgPool2d(2),
        ),
      );
    this.last = sequential(
      minibatchStd(),
      conv(lowest + 1, lowest),
      activation(),
      flatten(),
      equalizedLinear(lowest * FIRST_SIDE ** 2, lowest, { gain: GAIN }),
      activation(),
      equalizedLinear(lowest, 1),
    );
  }

  override forward(images: Tensor): Tensor {
    const { level, fading, fromRgb } = this;
    let maps = fromRgb[level].forward(images);
    for (let at = level; at > 0; at--) {
      maps = this.levels[at - 1].forward(maps);
      if (fading && at === level) maps = fade(fromRgb[level - 1].forward(halved(images)), maps, this.alpha);
    }
    return this.last.forward(maps);
  }

  /**
   * Images [N, C, H, W] of the last level or any as the level sees them: the mean of the area that a pixel covers, and while the level fades in, mixed
   * as the generator's images are. Without a gradient.
   */
  seen(images: Tensor): Tensor {
    return noGrad(() => {
      const factor = images.shape[2] / sideOf(this.level);
      const own = factor === 1 ? images : areaMean(images, { kernelSize: factor });
      return this.fading ? fade(doubled(halved(own)), own, this.alpha) : own;
    });
  }
}

function halved(images: Tensor): Tensor {
  return areaMean(images, { kernelSize: 2 });
}

/** A {@link ProgressiveGenerator}. @throws UsageError for sizes that are not positive integers */
export function progressiveGenerator(options: ProgressiveOptions): ProgressiveGenerator {
  return new ProgressiveGenerator(options);
}

/** A {@link ProgressiveDiscriminator}. @throws UsageError for sizes that are not positive integers */
export function progressiveDiscriminator(options: ProgressiveOptions): ProgressiveDiscriminator {
  return new ProgressiveDiscriminator(options);
}
