import type { ImageShape } from '../data/dataset';
import type { ImageSize } from '../data/image-size';
import { leakyRelu, relu, tanh } from '../nn/activation';
import { batchNorm1d, batchNorm2d } from '../nn/batch-norm';
import { conv2d } from '../nn/conv';
import { dropout } from '../nn/dropout';
import { linear } from '../nn/linear';
import type { Module } from '../nn/module';
import { type Sequential, sequential } from '../nn/sequential';
import { flatten, reshape } from '../nn/shape';
import { upsample } from '../nn/upsample';
import { halvings } from './halving';

/** Sizes of the dense and convolutional networks with dropout. */
export interface ConvDropoutOptions {
  /** The images to make, and to judge. */
  readonly images: ImageShape;
  /** Numbers in a latent (100). */
  readonly latentSize?: number;
  /** Units of the generator's dense layers ([256, 512, 1024]); the last layer takes as many as fill whole feature maps. */
  readonly widths?: readonly number[];
  /** Channels of the discriminator's first convolution, and half of its second's; the generator's have half as many at least (64). */
  readonly width?: number;
  /** Share of the units that dropout switches off in training (0.5). */
  readonly dropout?: number;
}

/** The largest map that the dense layers make. */
const LARGEST = 16;

/** Whether the networks can make images of this size: of 8 or more, and halved while that goes 16 or less. */
export function convDropoutAccepts(size: ImageSize): boolean {
  const { height, width } = halvings(size).smallest;
  return Math.min(size.height, size.width) >= 8 && Math.max(height, width) <= LARGEST;
}

/**
 * A generator of dense layers with batch norm, ReLU and dropout, whose last units are small feature maps: nearest-neighbour upsampling and
 * 3 × 3 convolutions with batch norm and ReLU double them until they have the images' size, tanh gives [N, C, H, W] in [−1, 1]. Dropout
 * is active in training only.
 */
export function convDropoutGenerator({
  images,
  latentSize = 100,
  widths = [256, 512, 1024],
  width = 64,
  dropout: p = 0.5,
}: ConvDropoutOptions): Sequential {
  const { count, smallest } = halvings(images);
  const places = smallest.height * smallest.width;
  let channels = Math.max(1, Math.round(widths[widths.length - 1] / places));
  const layers: Module[] = [];
  let inputs = latentSize;
  for (const units of [...widths.slice(0, -1), channels * places]) {
    layers.push(linear(inputs, units, { bias: false }), batchNorm1d(units), relu(), dropout(p));
    inputs = units;
  }
  layers.push(reshape([channels, smallest.height, smallest.width]));
  for (let i = 0; i < count; i++) {
    const outputs = Math.max(Math.ceil(width / 2), Math.floor(channels / 2));
    layers.push(
      upsample({ scaleFactor: 2 }),
      conv2d(channels, outputs, { kernelSize: 3, padding: 1, bias: false }),
      batchNorm2d(outputs),
      relu(),
    );
    channels = outputs;
  }
  layers.push(conv2d(channels, images.channels, { kernelSize: 3, padding: 1 }), tanh());
  return sequential(...layers);
}

/**
 * Its discriminator: two 4 × 4 convolutions of stride 2, each with leaky ReLU and dropout, and a dense layer that gives logits [N, 1].
 */
export function convDropoutDiscriminator({
  images,
  width = 64,
  dropout: p = 0.5,
}: ConvDropoutOptions): Sequential {
  const convolution = { kernelSize: 4, stride: 2, padding: 1 };
  const [rows, columns] = [images.height, images.width].map((side) => Math.floor(Math.floor(side / 2) / 2));
  return sequential(
    conv2d(images.channels, width, convolution),
    leakyRelu(0.2),
    dropout(p),
    conv2d(width, 2 * width, convolution),
    leakyRelu(0.2),
    dropout(p),
    flatten(),
    linear(2 * width * rows * columns, 1),
  );
}
