import { positiveInteger } from '../check';
import type { ImageShape } from '../data/dataset';
import { UsageError } from '../errors';
import { relu } from '../nn/activation';
import { batchNorm2d } from '../nn/batch-norm';
import { type Conv2d, conv2d } from '../nn/conv';
import { kaimingNormal_ } from '../nn/init';
import { type Sequential, sequential } from '../nn/sequential';
import { noGrad } from '../tensor/autograd';
import type { Tensor } from '../tensor/tensor';
import { Translator } from './translator';

/** Options of {@link dnCnn}. */
export interface DnCnnOptions {
  readonly images: ImageShape;
  /** Convolutions (17). */
  readonly depth?: number;
  /** Channels of the maps between them (64). */
  readonly width?: number;
}

/** The last convolution starts at so much: at first nothing is taken for noise. */
const FAINT = 0.1;

/** A network that finds the noise in images; see {@link dnCnn}. */
export class DnCnn extends Translator {
  readonly body: Sequential;

  /** @throws UsageError for an option out of range */
  constructor({ images, depth = 17, width = 64 }: DnCnnOptions) {
    positiveInteger('dnCnn', 'depth', depth);
    positiveInteger('dnCnn', 'width', width);
    if (depth < 2) throw new UsageError(`dnCnn expected a depth of at least 2 but received ${depth}`);
    super('dnCnn', { from: images, to: images }, { stride: 1, least: 1, receptiveField: 2 * depth + 1 });
    const convolution = (
      from: number,
      to: number,
      options: { bias?: boolean; gain?: number } = {},
    ): Conv2d => {
      const { bias = true, gain = 1 } = options;
      const layer = conv2d(from, to, { kernelSize: 3, padding: 1, bias });
      kaimingNormal_(layer.weight);
      noGrad(() => layer.weight.mul_(gain));
      return layer;
    };
    this.body = sequential(
      convolution(images.channels, width),
      relu(),
      ...Array.from({ length: depth - 2 }, () => [
        convolution(width, width, { bias: false }),
        batchNorm2d(width),
        relu(),
      ]).flat(),
      convolution(width, images.channels, { gain: FAINT }),
    );
  }

  protected override translate(images: Tensor): Tensor {
    return images.sub(this.body.forward(images));
  }
}

/**
 * DnCNN (Zhang et al. 2017): `depth` 3 × 3 convolutions with ReLU, all but the first and the last with batch norm, find the noise in an image, which
 * is taken from it: [N, C, H, W] → [N, C, H, W], not bounded. Weights start as N(0, 2 / fan-in), those of the last a tenth of it.
 *
 * @throws UsageError for an option out of range
 */
export function dnCnn(options: DnCnnOptions): DnCnn {
  return new DnCnn(options);
}
