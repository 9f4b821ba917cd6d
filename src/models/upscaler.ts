import { argumentError, oneOf, positiveInteger } from '../check';
import { leakyRelu, relu } from '../nn/activation';
import { type Conv2d, conv2d } from '../nn/conv';
import { kaimingNormal_, zeros_ } from '../nn/init';
import { Module } from '../nn/module';
import { type Sequential, sequential } from '../nn/sequential';
import { pixelShuffle } from '../nn/shape';
import { leakyRelu as leaky } from '../tensor/activations';
import { noGrad } from '../tensor/autograd';
import { interpolate } from '../tensor/functional';
import { scope } from '../tensor/scope';
import { cat } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';
import { type TranslatedImages, Translator } from './translator';

/** Options of {@link upscaler}. */
export interface UpscalerOptions extends TranslatedImages {
  /** `residual`: blocks of two convolutions; `dense`: three residual blocks of five densely connected ones each (`residual`). */
  readonly network?: 'residual' | 'dense';
  /** Channels of the maps (64). */
  readonly width?: number;
  /** Blocks (16). */
  readonly blocks?: number;
  /** Channels that each convolution of a dense block adds (32). */
  readonly growth?: number;
}

const SAME = { kernelSize: 3, padding: 1 };
const SCALES: readonly number[] = [2, 3, 4];
const [SLOPE, RESIDUAL_SCALE] = [0.2, 0.2];

/** Convolutions along the longest way through a block, by network. */
const DEPTH = { residual: 2, dense: 15 };

/** Each block starts as nearly nothing: deep residual networks without norms diverge otherwise (Wang et al. 2018). */
const FAINT = 0.1;

/** A 3 × 3 convolution whose weight starts as N(0, 2 / fan-in) (He et al. 2015) times `gain`, and whose bias as 0. */
function convolution(from: number, to: number, gain = 1): Conv2d {
  const layer = conv2d(from, to, SAME);
  kaimingNormal_(layer.weight);
  noGrad(() => layer.weight.mul_(gain));
  if (layer.bias) zeros_(layer.bias);
  return layer;
}

/** A convolution before a pixel shuffle: the weights of all pixels of a square start equal, so that no pattern is there to be unlearned (Aitken et al. 2017). */
function subPixelConvolution(width: number, factor: number): Conv2d {
  const layer = convolution(width, width * factor ** 2);
  noGrad(() =>
    scope(() => {
      const [, ...shape] = layer.weight.shape;
      const first = kaimingNormal_(layer.weight.narrow(0, { start: 0, length: width }).clone());
      const equal = first.unsqueeze(1).expand([width, factor ** 2, ...shape]);
      layer.weight.copy_(equal.reshape([width * factor ** 2, ...shape]));
    }),
  );
  return layer;
}

/** x + conv(ReLU(conv(x))) */
class ResidualBlock extends Module {
  readonly body: Sequential;

  constructor(width: number) {
    super();
    this.body = sequential(convolution(width, width, FAINT), relu(), convolution(width, width, FAINT));
  }

  override forward(map: Tensor): Tensor {
    return map.add(this.body.forward(map));
  }
}

/** x + 0.2 · f(x), where each of five convolutions sees all maps before it. */
class DenseBlock extends Module {
  readonly convs: Sequential;

  constructor(width: number, growth: number) {
    super();
    this.convs = sequential(
      ...Array.from({ length: 5 }, (_, i) =>
        convolution(width + i * growth, i === 4 ? width : growth, FAINT),
      ),
    );
  }

  override forward(map: Tensor): Tensor {
    const { layers } = this.convs;
    const maps = [map];
    for (const layer of layers.slice(0, -1)) maps.push(leaky(layer.forward(cat(maps, 1)), SLOPE));
    return map.add(layers[layers.length - 1].forward(cat(maps, 1)).mul(RESIDUAL_SCALE));
  }
}

/** x + 0.2 · three {@link DenseBlock}s of x, a residual-in-residual dense block. */
class ResidualDenseBlock extends Module {
  readonly body: Sequential;

  constructor(width: number, growth: number) {
    super();
    this.body = sequential(...Array.from({ length: 3 }, () => new DenseBlock(width, growth)));
  }

  override forward(map: Tensor): Tensor {
    return map.add(this.body.forward(map).mul(RESIDUAL_SCALE));
  }
}

/** Factors of the pixel shuffles: ×4 is twice ×2. */
function factorsOf(scale: number): readonly number[] {
  return scale === 4 ? [2, 2] : [scale];
}

/** Pixels of the input along each side that an output pixel depends on. */
function receptiveFieldOf({ depth, scale }: { readonly depth: number; readonly scale: number }): number {
  let [radius, size] = [depth + 2, 1];
  for (const factor of factorsOf(scale)) {
    radius += 1 / size;
    size *= factor;
  }
  return 1 + 2 * Math.ceil(radius + 1 / size);
}

/** A network that enlarges images; see {@link upscaler}. */
export class Upscaler extends Translator {
  readonly first: Conv2d;
  readonly blocks: Sequential;
  readonly after: Conv2d;
  readonly up: Sequential;
  readonly last: Conv2d;

  /** @throws UsageError for an option out of range, or sizes of which one is not 2, 3 or 4 times the other */
  constructor({ from, to, network = 'residual', width = 64, blocks = 16, growth = 32 }: UpscalerOptions) {
    oneOf('upscaler', 'network', network, ['residual', 'dense']);
    for (const [name, value] of Object.entries({ width, blocks, growth }))
      positiveInteger('upscaler', name, value);
    const scale = to.height / from.height;
    if (!SCALES.includes(scale))
      throw argumentError('upscaler', 'images to make 2, 3 or 4 times as high as those it takes', scale);
    const receptiveField = receptiveFieldOf({ depth: DEPTH[network] * blocks, scale });
    super('upscaler', { from, to }, { stride: 1, least: 1, receptiveField, scale });
    this.first = convolution(from.channels, width);
    this.blocks = sequential(
      ...Array.from({ length: blocks }, () =>
        network === 'residual' ? new ResidualBlock(width) : new ResidualDenseBlock(width, growth),
      ),
    );
    this.after = convolution(width, width, FAINT);
    this.up = sequential(
      ...factorsOf(scale).flatMap((factor) => [
        subPixelConvolution(width, factor),
        pixelShuffle(factor),
        leakyRelu(SLOPE),
      ]),
    );
    this.last = convolution(width, to.channels, FAINT);
  }

  protected override translate(images: Tensor): Tensor {
    const [, , height, width] = images.shape;
    const size = [height * this.scale, width * this.scale] as const;
    const map = this.first.forward(images);
    const trunk = map.add(this.after.forward(this.blocks.forward(map)));
    const detail = this.last.forward(this.up.forward(trunk));
    return detail.add(interpolate(images, { size, mode: 'bicubic', antialias: true }));
  }
}

/**
 * A network that makes images 2, 3 or 4 times as high and wide, as `to` is than `from`: a 3 × 3 convolution, residual blocks and another 3 × 3 one, whose
 * output is added to what went in, then sub-pixel convolutions (Shi et al. 2016) ×2, ×3 or twice ×2, and a 3 × 3 one whose output is added to
 * the images enlarged by bicubic interpolation. [N, C, H, W] → [N, C, scale · H, scale · W], not bounded.
 *
 * - `residual`: blocks of SRResNet (Ledig et al. 2017; 16 of width 64) without batch norm (Lim et al. 2017), which costs detail.
 * - `dense`: residual-in-residual dense blocks of ESRGAN (Wang et al. 2018; 23 of width 64, growth 32, β 0.2).
 *
 * Weights start as N(0, 2 / fan-in), those of blocks and at the end a tenth of it.
 *
 * @throws UsageError for an option out of range, or sizes of which one is not 2, 3 or 4 times the other
 */
export function upscaler(options: UpscalerOptions): Upscaler {
  return new Upscaler(options);
}
