import { argumentError, numberBetween, oneOf, positiveInteger } from '../check';
import type { ImageShape } from '../data/dataset';
import type { BatchNorm2d } from '../nn/batch-norm';
import { type Conv2d, type ConvTranspose2d, conv2d, convTranspose2d } from '../nn/conv';
import { type Dropout, dropout } from '../nn/dropout';
import { Module } from '../nn/module';
import type { InstanceNorm2d } from '../nn/normalization';
import { cat } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';
import { initDcgan } from './dcgan';
import { type MapNorm, mapNorm, normLeakyRelu, type TranslatedImages, Translator } from './translator';

/** Options of {@link unetGenerator}. */
export interface UNetOptions extends TranslatedImages {
  /** Channels at half the images' size; each halving doubles them, up to eight times as many (64). */
  readonly width?: number;
  /** Share of the elements that dropout sets to 0 in the innermost layers of the decoder (0.5). */
  readonly dropout?: number;
  /** With `instance`, convolutions keep their biases (`batch`). */
  readonly norm?: MapNorm;
  /** How often the images are halved ({@link unetDepth} of their size). */
  readonly depth?: number;
}

/** Halvings of the paper's network, which makes one pixel of 256. */
const DEEPEST = 8;

/** Layers of the decoder with dropout in the paper's network: the innermost ones. */
const DROPPED = 3;

/** Convolutions that halve a map, and transposed ones that double it. */
const HALF = { kernelSize: 4, stride: 2, padding: 1 };

/** How often both sides of an image can be halved, at most 8 times: 256 × 256 → 8, 28 × 28 → 2 (down to 7 × 7), 27 × 28 → 0. */
export function unetDepth({ height, width }: Pick<ImageShape, 'height' | 'width'>): number {
  let depth = 0;
  while (depth < DEEPEST && height % 2 ** (depth + 1) === 0 && width % 2 ** (depth + 1) === 0) depth++;
  return depth;
}

/** Whether a U-Net makes sense for images of this size: 4 divides height and width, so that there is a skip connection. */
export function unetAccepts(size: Pick<ImageShape, 'height' | 'width'>): boolean {
  return size.height > 0 && size.width > 0 && unetDepth(size) >= 2;
}

/** A layer of the encoder: 4 × 4 convolution, norm, leaky ReLU; half the size. */
class UNetDown extends Module {
  constructor(
    readonly conv: Conv2d,
    readonly norm: BatchNorm2d | InstanceNorm2d | null,
  ) {
    super();
  }

  override forward(map: Tensor): Tensor {
    return normLeakyRelu(this.norm, this.conv.forward(map));
  }
}

/** A layer of the decoder: ReLU, transposed 4 × 4 convolution, norm, dropout; twice the size. */
class UNetUp extends Module {
  constructor(
    readonly conv: ConvTranspose2d,
    readonly norm: BatchNorm2d | InstanceNorm2d | null,
    readonly dropout: Dropout | null,
  ) {
    super();
  }

  override forward(map: Tensor): Tensor {
    const larger = this.conv.forward(map.relu());
    const normal = this.norm?.forward(larger) ?? larger;
    return this.dropout?.forward(normal) ?? normal;
  }
}

/** The encoder's layers, from `channels[i]` to `channels[i + 1]`. */
function encoder(channels: readonly number[], norm: MapNorm): UNetDown[] {
  const last = channels.length - 2;
  return channels.slice(1).map((outputs, i) => {
    const conv = conv2d(channels[i], outputs, { ...HALF, bias: norm === 'instance' });
    return new UNetDown(conv, i === 0 || i === last ? null : mapNorm(norm, outputs));
  });
}

/** The decoder's layers, from `channels[i]`, and as many of the skip connection, to `channels[i + 1]`. */
function decoder(
  channels: readonly number[],
  { norm, p }: { readonly norm: MapNorm; readonly p: number },
): UNetUp[] {
  const depth = channels.length - 1;
  const dropped = Math.min(DROPPED, Math.floor(depth / 2));
  return channels.slice(1).map((outputs, i) => {
    const inputs = i === 0 ? channels[0] : 2 * channels[i];
    if (i === depth - 1) return new UNetUp(convTranspose2d(inputs, outputs, HALF), null, null);
    const conv = convTranspose2d(inputs, outputs, { ...HALF, bias: norm === 'instance' });
    return new UNetUp(conv, mapNorm(norm, outputs), i < dropped ? dropout(p) : null);
  });
}

/** pix2pix's generator; see {@link unetGenerator}. */
export class UNetGenerator extends Translator {
  /** From the image inwards. */
  readonly down: readonly UNetDown[];
  /** From the innermost map outwards. */
  readonly up: readonly UNetUp[];

  /** @throws UsageError for an option out of range, or sizes that 2 to the power of `depth` does not divide */
  constructor({
    from,
    to,
    width = 64,
    dropout: p = 0.5,
    norm = 'batch',
    depth = unetDepth(from),
  }: UNetOptions) {
    positiveInteger('unetGenerator', 'width', width);
    numberBetween('unetGenerator', 'dropout', p, { min: 0, max: 1 });
    oneOf('unetGenerator', 'norm', norm, ['batch', 'instance']);
    if (depth === 0)
      throw argumentError('unetGenerator', 'height and width that 2 divides', [from.height, from.width]);
    positiveInteger('unetGenerator', 'depth', depth);
    const stride = 2 ** depth;
    super('unetGenerator', { from, to }, { stride, least: stride, receptiveField: Number.POSITIVE_INFINITY });
    const widths = Array.from({ length: depth }, (_, level) => width * Math.min(2 ** level, 8));
    this.down = encoder([from.channels, ...widths], norm);
    this.up = decoder([...widths.reverse(), to.channels], { norm, p });
    initDcgan(this);
  }

  protected override translate(images: Tensor): Tensor {
    const maps = [images];
    for (const layer of this.down) maps.push(layer.forward(maps[maps.length - 1]));
    const [innermost, ...skips] = maps.slice(1).reverse();
    let map = this.up[0].forward(innermost);
    // A skip has passed a leaky ReLU already: the ReLU of that is the ReLU of the map before it, as in the paper.
    for (const [index, skip] of skips.entries()) map = this.up[index + 1].forward(cat([skip, map], 1));
    return map.tanh();
  }
}

/**
 * pix2pix's generator, a U-Net (Isola et al. 2017): 4 × 4 convolutions of stride 2 halve the images down to one pixel
 * (C64-C128-C256-C512-C512-C512-C512-C512 for 256 × 256), transposed ones double that back, and see the encoder's map of their size
 * beside it (CD512-CD512-CD512-C512-C256-C128-C64); tanh gives [N, C', H, W] in [−1, 1]. The encoder has leaky ReLUs of slope 0.2, the
 * decoder ReLUs; the first and the innermost map, which may be one pixel, are not normalised. Dropout is in the innermost half of
 * the decoder, at most three layers. It is the network's only noise: the paper leaves it on at test time, with the norms on the
 * image's own statistics, as in training.
 *
 * Weights start as N(0, 0.02²), those of batch norms as N(1, 0.02²). State dicts have `down.0.conv.weight`, `down.1.norm.weight`, …
 * from the images inwards, `up.0.conv.weight`, `up.0.norm.weight`, … from there outwards.
 *
 * @throws UsageError for an option out of range, or sizes that 2 to the power of `depth` does not divide
 */
export function unetGenerator(options: UNetOptions): UNetGenerator {
  return new UNetGenerator(options);
}
