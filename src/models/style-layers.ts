import {
  type EqualizedConv2d,
  type EqualizedLinear,
  equalizedConv2d,
  equalizedLinear,
} from '../nn/equalized';
import { type ModulatedConv2d, modulatedConv2d } from '../nn/modulated-conv';
import { Module } from '../nn/module';
import { type Parameter, parameter } from '../nn/parameter';
import { leakyRelu } from '../tensor/activations';
import { withoutAutocast } from '../tensor/autograd';
import { randn, zeros } from '../tensor/create';
import { inFull } from '../tensor/full-precision';
import type { Tensor } from '../tensor/tensor';

/** Of LeakyReLU, in all of StyleGAN2. */
const SLOPE = 0.2;

/** A dense layer with an equalised learning rate, then LeakyReLU · gain, which with √2 keeps the mean square: [N, in] → [N, out]. */
export class RectifiedLinear extends Module {
  readonly dense: EqualizedLinear;

  constructor(
    inFeatures: number,
    outFeatures: number,
    { lrMultiplier = 1 }: { readonly lrMultiplier?: number } = {},
  ) {
    super();
    this.dense = equalizedLinear(inFeatures, outFeatures, { lrMultiplier });
  }

  override forward(input: Tensor): Tensor {
    return leakyRelu(this.dense.forward(input), SLOPE).mul(Math.SQRT2);
  }
}

/** How a {@link RectifiedConv2d} sees images. */
export interface RectifiedConvOptions {
  readonly kernelSize: number;
  readonly stride?: number;
  /** (what keeps the size with a stride of 1) */
  readonly padding?: number;
  /** What the result is multiplied by, beside √2 (1). */
  readonly gain?: number;
}

/** A convolution with an equalised learning rate, then LeakyReLU · √2 · gain. */
export class RectifiedConv2d extends Module {
  readonly conv: EqualizedConv2d;
  readonly gain: number;

  constructor(
    inChannels: number,
    outChannels: number,
    { kernelSize, stride = 1, padding = (kernelSize - 1) / 2, gain = 1 }: RectifiedConvOptions,
  ) {
    super();
    this.gain = Math.SQRT2 * gain;
    this.conv = equalizedConv2d(inChannels, outChannels, { kernelSize, stride, padding, gain: this.gain });
  }

  override forward(input: Tensor): Tensor {
    const { weight, bias } = this.conv;
    // LeakyReLU(gain · x) = gain · LeakyReLU(x): a pass over the maps is saved.
    const scaled = bias?.mul(this.gain);
    return leakyRelu(this.conv.forwardWith(input, { weight, bias: scaled }), SLOPE);
  }
}

/** What a layer of synthesis adds to all channels of a pixel: maps of its own, drawn anew, or those given. */
export type LayerNoise = 'fixed' | 'random' | Tensor;

/** Sizes of a {@link StyleLayer}. */
export interface StyleLayerOptions {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly styleSize: number;
  /** Height and width of the result. */
  readonly side: number;
  /** Whether the maps become twice as large (false). */
  readonly up?: boolean;
}

/**
 * A layer of synthesis (Karras et al. 2020): y = LeakyReLU(modulated convolution of x by the style A(w), + strength · noise + bias) · √2. A's bias starts
 * as 1, the learned strength as 0. `noise` [1, 1, side, side] is a buffer: the map of use.
 */
export class StyleLayer extends Module {
  readonly affine: EqualizedLinear;
  readonly conv: ModulatedConv2d;
  readonly noiseStrength: Parameter;
  readonly bias: Parameter;
  readonly noise: Tensor;

  constructor({ inChannels, outChannels, styleSize, side, up = false }: StyleLayerOptions) {
    super();
    this.affine = equalizedLinear(styleSize, inChannels, { biasInit: 1 });
    this.conv = modulatedConv2d(inChannels, outChannels, { kernelSize: 3, up, gain: Math.SQRT2 });
    this.noiseStrength = parameter(zeros([]));
    this.bias = parameter(zeros([outChannels]));
    this.noise = this.registerBuffer('noise', randn([1, 1, side, side]));
  }

  /** Maps of maps, by w [N, styleSize], float32, with the noise of use. */
  override forward(input: Tensor, styles: Tensor): Tensor {
    return this.withNoise(input, styles, 'fixed');
  }

  /** {@link forward} with noise of one's own, [N, 1, side, side] or [1, 1, side, side]. */
  withNoise(input: Tensor, styles: Tensor, noise: LayerNoise): Tensor {
    const maps = this.conv.forward(input, scalesOf(this.affine, styles));
    const { dtype } = maps;
    const offset = this.noiseMap(maps, noise).mul(this.noiseStrength.mul(Math.SQRT2)).to({ dtype });
    const bias = this.bias.mul(Math.SQRT2).to({ dtype }).reshape([1, -1, 1, 1]);
    return leakyRelu(maps.add(offset).add(bias), SLOPE);
  }

  private noiseMap({ shape: [count, , height, width], device, dtype }: Tensor, noise: LayerNoise): Tensor {
    if (noise === 'fixed') return this.noise;
    if (noise !== 'random') return noise;
    const full = dtype === 'float64' ? dtype : 'float32';
    return randn([count, 1, height, width], { device, dtype: full });
  }
}

/** Images of the maps of synthesis: a modulated 1 × 1 convolution that is not demodulated, plus a bias, in float32. */
export class ToRgb extends Module {
  readonly affine: EqualizedLinear;
  readonly conv: ModulatedConv2d;
  readonly bias: Parameter;

  constructor({
    channels,
    images,
    styleSize,
  }: {
    readonly channels: number;
    /** Channels of the images. */
    readonly images: number;
    readonly styleSize: number;
  }) {
    super();
    this.affine = equalizedLinear(styleSize, channels, { biasInit: 1 });
    this.conv = modulatedConv2d(channels, images, { kernelSize: 1, demodulate: false });
    this.bias = parameter(zeros([images]));
  }

  /** Images of maps, by w [N, styleSize]. */
  override forward(input: Tensor, styles: Tensor): Tensor {
    const colours = this.conv.forward(input, scalesOf(this.affine, styles));
    return inFull(colours).add(this.bias.reshape([1, -1, 1, 1]));
  }
}

/** A(w), in float32 also inside autocast. */
function scalesOf(affine: EqualizedLinear, styles: Tensor): Tensor {
  return withoutAutocast(styles.device, () => affine.forward(styles));
}
