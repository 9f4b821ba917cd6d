import { positiveInteger } from '../check';
import type { ImageShape } from '../data/dataset';
import { UsageError } from '../errors';
import { TorchError } from '../native/torch-error';
import { BatchNorm2d, batchNorm2d } from '../nn/batch-norm';
import { Module } from '../nn/module';
import { type InstanceNorm2d, instanceNorm2d } from '../nn/normalization';
import { leakyRelu } from '../tensor/activations';
import type { Tensor } from '../tensor/tensor';

/** The images a translator takes, and those it makes of them: of the same height and width, or so many times as large as its scale says. */
export interface TranslatedImages {
  readonly from: ImageShape;
  readonly to: ImageShape;
}

/** Which sizes a {@link Translator} takes, and how far it looks. */
export interface TranslatorReach {
  /** Must divide height and width. */
  readonly stride: number;
  /** Pixels, the least height and width. */
  readonly least: number;
  /** Pixels along each side that an output pixel depends on, at most. */
  readonly receptiveField: number;
  /** How many times as high and wide as its input the output is (1). */
  readonly scale?: number;
}

/**
 * A network that makes images of images: [N, C, H, W] → [N, C', scale · H, scale · W]. It takes other sizes than that it was built for, as long as
 * {@link Translator.stride} divides them; what does not fit wants padding first.
 */
export abstract class Translator extends Module {
  /** What it was built for. */
  readonly images: TranslatedImages;
  /** Pixels that must divide height and width. Tiles that start at its multiples are translated as parts of the image. */
  readonly stride: number;
  /** Pixels, the least height and width. */
  readonly least: number;
  /**
   * Pixels along each side of the image that one output pixel depends on, at most, statistics of norms apart: half of it is the margin that a
   * tile wants around it. Infinity where it is all of the image.
   */
  readonly receptiveField: number;
  /** How many times as high and wide as its input the output is: 1 unless it enlarges. */
  readonly scale: number;

  /** @throws UsageError unless `to` is `scale` times as large as `from`, whose size the stride divides */
  constructor(
    owner: string,
    { from, to }: TranslatedImages,
    { stride, least, receptiveField, scale = 1 }: TranslatorReach,
  ) {
    super();
    for (const [name, images] of Object.entries({ from, to }))
      for (const side of ['channels', 'height', 'width'] as const)
        positiveInteger(owner, `${name}.${side}`, images[side]);
    const sizes = `${from.height} × ${from.width}`;
    if (scale * from.height !== to.height || scale * from.width !== to.width)
      throw new UsageError(
        `${owner} expects images ${scale === 1 ? 'of one size' : `to be enlarged ${scale} times`} but received ${sizes} to make ${to.height} × ${to.width} of: resize the data`,
      );
    if (!fits(from.height, { stride, least }) || !fits(from.width, { stride, least }))
      throw new UsageError(
        `${owner} expects height and width of at least ${least} that ${stride} divides but received ${sizes}: pad or resize the data`,
      );
    this.images = { from, to };
    this.stride = stride;
    this.least = least;
    this.receptiveField = receptiveField;
    this.scale = scale;
  }

  override forward(images: Tensor): Tensor {
    this.checkImages(images.shape);
    return this.translate(images);
  }

  /** The output for images of a right shape. */
  protected abstract translate(images: Tensor): Tensor;

  private checkImages(shape: readonly number[]): void {
    const { stride, least } = this;
    const { from } = this.images;
    const [, channels, height, width] = shape;
    if (shape.length === 4 && channels === from.channels && fits(height, this) && fits(width, this)) return;
    throw new TorchError(
      `expected images [N, ${from.channels}, H, W] with H and W of at least ${least} that ${stride} divides but received [${shape.join(', ')}]: pad them`,
      'ERR_SHAPE',
      'forward',
    );
  }
}

function fits(side: number, { stride, least }: Pick<TranslatorReach, 'stride' | 'least'>): boolean {
  return side >= least && side % stride === 0;
}

/** What normalises feature maps: by the batch's statistics, or by each image's own (without learned scales). */
export type MapNorm = 'batch' | 'instance';

/** A norm of feature maps [N, channels, H, W]. */
export function mapNorm(norm: MapNorm, channels: number): BatchNorm2d | InstanceNorm2d {
  return norm === 'batch' ? batchNorm2d(channels) : instanceNorm2d(channels);
}

/** A norm, where there is one, and a leaky ReLU of slope 0.2. */
export function normLeakyRelu(norm: BatchNorm2d | InstanceNorm2d | null, map: Tensor): Tensor {
  return norm === null ? leakyRelu(map, 0.2) : norm.forwardLeakyRelu(map, 0.2);
}
