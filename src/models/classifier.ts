import { leakyRelu } from '../nn/activation';
import { batchNorm1d, batchNorm2d } from '../nn/batch-norm';
import { Conv2d, conv2d } from '../nn/conv';
import { kaimingNormal_, zeros_ } from '../nn/init';
import { Linear, linear } from '../nn/linear';
import { Module } from '../nn/module';
import { type Sequential, sequential } from '../nn/sequential';
import { flatten } from '../nn/shape';
import type { Generator } from '../tensor/random';
import type { Tensor } from '../tensor/tensor';

/** Height and width of the images that {@link classifier} takes, in pixels. */
export const CLASSIFIER_RESOLUTION = 32;

/** Sizes of a {@link Classifier}. */
export interface ClassifierOptions {
  /** Channels of the images. */
  readonly channels: number;
  readonly classes: number;
  /** Channels after the first convolution; each of the two others doubles them (32). */
  readonly width?: number;
  /** Numbers in a feature vector (128). */
  readonly dimensions?: number;
}

const SLOPE = 0.1;

/** Convolutions of the trunk, and the layers of each: convolution, batch norm, leaky ReLU. */
const [STAGES, STAGE] = [3, 3];

/**
 * A small convolutional classifier of images [N, C, 32, 32] in [−1, 1], whose last hidden layer serves as features. Three 4×4
 * convolutions of stride 2, each with batch norm and leaky ReLU, then a dense layer whose outputs are batch-normalised without scale
 * and shift: on the training set every feature has mean 0 and variance 1, so that distances between features mean the same
 * from one trained classifier to the next. Logits are a dense layer on the features' leaky ReLU.
 */
export class Classifier extends Module {
  readonly trunk: Sequential;
  readonly head: Sequential;

  constructor(readonly sizes: Required<ClassifierOptions>) {
    super();
    const { channels, classes, width, dimensions } = sizes;
    const halving = { kernelSize: 4, stride: 2, padding: 1, bias: false };
    this.trunk = sequential(
      conv2d(channels, width, halving),
      batchNorm2d(width),
      leakyRelu(SLOPE),
      conv2d(width, 2 * width, halving),
      batchNorm2d(2 * width),
      leakyRelu(SLOPE),
      conv2d(2 * width, 4 * width, halving),
      batchNorm2d(4 * width),
      leakyRelu(SLOPE),
      flatten(),
      linear(4 * width * 16, dimensions, { bias: false }),
      batchNorm1d(dimensions, { affine: false }),
    );
    this.head = sequential(leakyRelu(SLOPE), linear(dimensions, classes));
  }

  /** Logits [N, classes] of images [N, C, 32, 32]. */
  override forward(images: Tensor): Tensor {
    return this.judge(images).logits;
  }

  /** The features [N, dimensions] of images [N, C, 32, 32], and the logits [N, classes] that come of them. */
  judge(images: Tensor): { readonly features: Tensor; readonly logits: Tensor } {
    const features = this.trunk.forward(images);
    return { features, logits: this.head.forward(features) };
  }

  /** What each of the three convolutions makes of images [N, C, 32, 32], after its leaky ReLU: 16, 8 and 4 pixels a side. */
  maps(images: Tensor): Tensor[] {
    const { layers } = this.trunk;
    const maps: Tensor[] = [];
    for (let at = 0; at < STAGES * STAGE; at += STAGE)
      maps.push(
        layers.slice(at, at + STAGE).reduce((map, layer) => layer.forward(map), maps.at(-1) ?? images),
      );
    return maps;
  }

  /** What each of the three convolutions makes of images [N, C, H, W] of any size from 8 pixels on, normalised but before its leaky ReLU. */
  responses(images: Tensor): Tensor[] {
    const { layers } = this.trunk;
    const responses: Tensor[] = [];
    let map = images;
    for (let at = 0; at < STAGES * STAGE; at += STAGE) {
      const response = layers[at + 1].forward(layers[at].forward(map));
      responses.push(response);
      map = layers[at + 2].forward(response);
    }
    return responses;
  }

  /** Starts all weights anew from N(0, 2 / fan-in) (He et al. 2015), drawn from `generator`, and biases from 0. */
  reset(generator: Generator): this {
    for (const layer of this.modules())
      if (layer instanceof Conv2d || layer instanceof Linear) {
        kaimingNormal_(layer.weight, { a: SLOPE, generator });
        if (layer.bias) zeros_(layer.bias);
      }
    return this;
  }
}

/** A {@link Classifier}. @throws UsageError for a size that is no positive integer */
export function classifier({ width = 32, dimensions = 128, ...sizes }: ClassifierOptions): Classifier {
  return new Classifier({ ...sizes, width, dimensions });
}
