import { argumentError, positiveInteger } from '../check';
import type { ImageShape } from '../data/dataset';
import { type Conv2d, conv2d } from '../nn/conv';
import { type GatedConv2d, gatedConv2d } from '../nn/gated-conv';
import { kaimingNormal_, zeros_ } from '../nn/init';
import { type Sequential, sequential } from '../nn/sequential';
import { upsample } from '../nn/upsample';
import { cat } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';
import { CONTINUATION_REACH, continued } from './continuation';
import { Translator } from './translator';

/** Options of {@link inpainter}. */
export interface InpainterOptions {
  /** The images to be filled. */
  readonly images: ImageShape;
  /** Channels of the maps at the images' size; four times as many at a quarter of it (32). */
  readonly width?: number;
  /** Of the convolutions in the middle, which see far (2, 4, 8, 16). */
  readonly dilations?: readonly number[];
}

/**
 * What the network adds counts so much: at first holes are what is around them, continued, and an optimizer whose steps are of one size, such as Adam,
 * does not leave that at once.
 */
const FAINT = 0.1;

/** Convolutions before the dilated ones at a quarter of the size, and after them. */
const AROUND = 2;

/** A network that fills holes; see {@link inpainter}. */
export class Inpainter extends Translator {
  readonly body: Sequential;
  readonly last: Conv2d;

  /** @throws UsageError for an option out of range, or sizes that 4 does not divide */
  constructor({ images, width = 32, dilations = [2, 4, 8, 16] }: InpainterOptions) {
    positiveInteger('inpainter', 'width', width);
    for (const dilation of dilations)
      if (!Number.isInteger(dilation) || dilation < 1)
        throw argumentError('inpainter', 'dilations to be positive integers', [...dilations]);
    super(
      'inpainter',
      { from: { ...images, channels: images.channels + 1 }, to: images },
      { stride: 4, least: 4, receptiveField: receptiveFieldOf(dilations) },
    );
    const [half, full, twice, fourfold] = [0.5, 1, 2, 4].map((times) => Math.ceil(width * times));
    const middle = [...ones(), ...dilations, ...ones()];
    this.body = sequential(
      gated(images.channels + 1, full, { kernelSize: 5 }),
      gated(full, twice, { stride: 2 }),
      gated(twice, twice),
      gated(twice, fourfold, { stride: 2 }),
      ...middle.map((dilation) => gated(fourfold, fourfold, { dilation })),
      upsample({ scaleFactor: 2 }),
      gated(fourfold, twice),
      gated(twice, twice),
      upsample({ scaleFactor: 2 }),
      gated(twice, full),
      gated(full, half),
    );
    this.last = conv2d(half, images.channels, { kernelSize: 3, padding: 1 });
    kaimingNormal_(this.last.weight);
    if (this.last.bias) zeros_(this.last.bias);
  }

  protected override translate(images: Tensor): Tensor {
    const { channels } = this.images.to;
    const mask = images.narrow(1, { start: channels, length: 1 });
    const known = images.narrow(1, { start: 0, length: channels }).mul(mask.neg().add(1));
    const start = continued(known, mask);
    const detail = this.last.forward(this.body.forward(cat([known.add(start.mul(mask)), mask], 1)));
    return known.add(start.add(detail.mul(FAINT)).mul(mask));
  }
}

function ones(): number[] {
  return Array.from({ length: AROUND }, () => 1);
}

/** A gated convolution, 3 × 3 where nothing else is said, that leaves the size as its stride does. */
function gated(
  from: number,
  to: number,
  {
    kernelSize = 3,
    stride = 1,
    dilation = 1,
  }: { kernelSize?: number; stride?: number; dilation?: number } = {},
): GatedConv2d {
  return gatedConv2d(from, to, { kernelSize, stride, dilation, padding: (dilation * (kernelSize - 1)) / 2 });
}

/**
 * Pixels along each side, by how far each layer looks, in pixels of the image, by one of each map that a map is enlarged to, and by how far what a hole
 * starts from does.
 */
function receptiveFieldOf(dilations: readonly number[]): number {
  const down = 2 + 1 + 2 + 2;
  const middle = 4 * (2 * AROUND + dilations.reduce((sum, dilation) => sum + dilation, 0));
  const up = 3 + 2 * 2 + (1 + 2 * 1);
  return 1 + 2 * (down + middle + up + CONTINUATION_REACH);
}

/**
 * A network that fills holes, by gated convolutions (Yu et al. 2019): [N, C + 1, H, W], images with their mask as the last channel, 1 in the hole, →
 * [N, C, H, W]. What images hold in their hole is not seen. Known pixels come out as they went in.
 *
 * The hole starts as the known pixels around it, continued, and the network, which sees that, adds what is missing, a tenth of what its last convolution gives: no edge is to be unlearned, and
 * white is as near as grey, which it is not behind a tanh. It is not bounded. The network is the first of the paper's two: 5 × 5, then 3 × 3 convolutions with
 * ELU to a quarter of the size, dilated ones there, and back by nearest neighbours; no norms, no contextual attention.
 *
 * @throws UsageError for an option out of range, or sizes that 4 does not divide
 */
export function inpainter(options: InpainterOptions): Inpainter {
  return new Inpainter(options);
}
