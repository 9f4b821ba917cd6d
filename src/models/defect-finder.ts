import { positiveInteger } from '../check';
import type { ImageShape } from '../data/dataset';
import type { BatchNorm2d } from '../nn/batch-norm';
import { batchNorm2d } from '../nn/batch-norm';
import { type Conv2d, conv2d } from '../nn/conv';
import { constant_, kaimingNormal_, zeros_ } from '../nn/init';
import { Module } from '../nn/module';
import { interpolate, pixelShuffle } from '../tensor/functional';
import { scope } from '../tensor/scope';
import { cat } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';
import { normLeakyRelu, Translator } from './translator';

/** Options of {@link defectFinder}. */
export interface DefectFinderOptions {
  readonly images: ImageShape;
  /** Channels at half the images’ size; up to four times as many inwards (16). */
  readonly width?: number;
}

/** What does not belong, and what could be there in its place. */
export interface Found {
  /** For each pixel, that it does not belong: [N, 1, H, W]. */
  readonly logits: Tensor;
  /** [N, C, H, W] */
  readonly restored: Tensor;
}

/** Images are halved three times. */
const STRIDE = 8;
const LEAST = 16;

/** Layers down to half the images’ size, and to a quarter. */
const [HALF, QUARTER] = [2, 4];

/** The slope of the leaky ReLUs. */
const SLOPE = 0.2;

/** Pixels beside each that are looked at: by the layers down to an eighth of the size, and by those back, in pixels of the image. */
const REACH = 1 + 2 + (2 + 4) + (4 + 8) + 8 + (8 + 4) + (4 + 2) + 2 * 2;

/** The logit at the start: few pixels do not belong. */
const FEW = -2;

/** A convolution without bias, batch norm, and a leaky ReLU. */
class FinderLayer extends Module {
  readonly conv: Conv2d;
  readonly norm: BatchNorm2d;

  constructor(from: number, to: number, { halves = false } = {}) {
    super();
    const kernel = halves ? { kernelSize: 4, stride: 2 } : { kernelSize: 3 };
    this.conv = conv2d(from, to, { ...kernel, padding: 1, bias: false });
    this.norm = batchNorm2d(to);
    kaimingNormal_(this.conv.weight, { a: SLOPE });
  }

  override forward(map: Tensor): Tensor {
    return normLeakyRelu(this.norm, this.conv.forward(map));
  }
}

/** See {@link defectFinder}. */
export class DefectFinder extends Translator {
  /** Two layers for each halving, from the image inwards. */
  readonly down: readonly FinderLayer[];
  /** From the innermost map outwards, to half the image’s size. */
  readonly up: readonly FinderLayer[];
  readonly last: Conv2d;

  /** @throws UsageError for a width that is no positive integer, or sizes that 8 does not divide */
  constructor({ images, width = 16 }: DefectFinderOptions) {
    positiveInteger('defectFinder', 'width', width);
    const receptiveField = 1 + 2 * REACH;
    super('defectFinder', { from: images, to: images }, { stride: STRIDE, least: LEAST, receptiveField });
    const { channels } = images;
    const [twice, fourfold] = [2 * width, 4 * width];
    this.down = [
      new FinderLayer(channels, width, { halves: true }),
      new FinderLayer(width, twice),
      new FinderLayer(twice, twice, { halves: true }),
      new FinderLayer(twice, twice),
      new FinderLayer(twice, fourfold, { halves: true }),
      new FinderLayer(fourfold, fourfold),
    ];
    this.up = [new FinderLayer(fourfold + twice, twice), new FinderLayer(twice + twice, twice)];
    this.last = conv2d(twice, 4 * (channels + 1), { kernelSize: 3, padding: 1 });
    kaimingNormal_(this.last.weight);
    const { bias } = this.last;
    if (bias)
      scope(() => {
        constant_(zeros_(bias).narrow(0, { start: 0, length: 4 }), FEW);
      });
  }

  /** What is seen of images at a quarter of their size, before anything is looked for: [N, 2 · width, H/4, W/4]. */
  features(images: Tensor): Tensor {
    return this.inwards(images, QUARTER)[QUARTER - 1];
  }

  /** Both, from one pass: in float32, also under autocast. */
  find(images: Tensor): Found {
    const maps = this.inwards(images, this.down.length);
    const [half, quarter, innermost] = [maps[HALF - 1], maps[QUARTER - 1], maps[maps.length - 1]];
    let map = innermost;
    for (const [i, skip] of [quarter, half].entries())
      map = this.up[i].forward(cat([interpolate(map, { scaleFactor: 2 }), skip], 1));
    const both = pixelShuffle(this.last.forward(map).float(), 2);
    const logits = both.narrow(1, { start: 0, length: 1 });
    const content = both.narrow(1, { start: 1, length: this.images.from.channels });
    return { logits, restored: images.add(content.sub(images).mul(logits.sigmoid())) };
  }

  /** The maps of the first layers. */
  private inwards(images: Tensor, layers: number): Tensor[] {
    const maps: Tensor[] = [];
    for (const layer of this.down.slice(0, layers)) maps.push(layer.forward(maps.at(-1) ?? images));
    return maps;
  }

  protected override translate(images: Tensor): Tensor {
    return this.find(images).restored;
  }
}

/**
 * A network that finds what does not belong in images [N, C, H, W], and makes them as they would be without it: a small U-Net (Ronneberger et al.
 * 2015) whose last map, at half the images’ size, becomes for each pixel a logit x and C values c by sub-pixel convolution. Where p = σ(x) is large, c
 * takes the image’s place: x̂ = (1 − p) · image + p · c. Both of what DRAEM (Zavrtanik et al. 2021) has a network each for.
 *
 * Convolutions 4 × 4 of stride 2 and 3 × 3 with batch norm and leaky ReLU of slope 0.2: `width`, 2 · `width` at half the size, 2 · `width` at a quarter,
 * 4 · `width` at an eighth, and back by nearest neighbours beside the map of that size.
 *
 * @throws UsageError for a width that is no positive integer, or sizes that 8 does not divide
 */
export function defectFinder(options: DefectFinderOptions): DefectFinder {
  return new DefectFinder(options);
}
