import type { ImageShape } from '../data/dataset';
import type { ImageSize } from '../data/image-size';
import { relu } from '../nn/activation';
import { conv2d, convTranspose2d } from '../nn/conv';
import { type Linear, linear } from '../nn/linear';
import { forwardPair } from '../nn/linear-pair';
import { Module } from '../nn/module';
import { type Sequential, sequential } from '../nn/sequential';
import { flatten, reshape } from '../nn/shape';
import { cat } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';
import { halvings } from './halving';

/** What the networks of all VAEs have. */
interface VaeOptions {
  readonly images: ImageShape;
  /** Numbers in a latent (20). */
  readonly latentSize?: number;
}

/** Options of the fully connected VAE. */
export interface MlpVaeOptions extends VaeOptions {
  /** Units of the hidden layer (400). */
  readonly hidden?: number;
}

/** Options of the convolutional VAE. */
export interface ConvVaeOptions extends VaeOptions {
  /** Channels at half the images' size; each further halving doubles them (32). */
  readonly width?: number;
}

/** What a decoder's numbers are. */
export interface DecoderOptions {
  /**
   * `logits` of pixels in [0, 1], for a Bernoulli likelihood; or a `mean` in [−1, 1], by tanh, for a Gaussian or a discretised
   * one (`logits`).
   */
  readonly output?: 'logits' | 'mean';
}

/** A diagonal normal distribution for each image, [N, z]. */
export interface Posterior {
  readonly mean: Tensor;
  /** ln σ² */
  readonly logVariance: Tensor;
}

const LATENT = 20;

/**
 * The encoder of a variational autoencoder (Kingma & Welling 2014): images [N, C, R, R] → the mean and ln σ² of a diagonal normal
 * distribution of latents. `forward` gives both, one after the other: [N, 2z].
 */
export class VaeEncoder extends Module {
  readonly mean: Linear;
  readonly logVariance: Linear;

  constructor(
    readonly body: Sequential,
    { features, latentSize }: { readonly features: number; readonly latentSize: number },
  ) {
    super();
    this.mean = linear(features, latentSize);
    this.logVariance = linear(features, latentSize);
  }

  /** The distribution of each image's latents. */
  encode(images: Tensor): Posterior {
    const features = this.body.forward(images);
    const [mean, logVariance] = forwardPair(this.mean, this.logVariance, features);
    return { mean, logVariance };
  }

  override forward(images: Tensor): Tensor {
    const { mean, logVariance } = this.encode(images);
    return cat([mean, logVariance], 1);
  }
}

/**
 * The decoder of a variational autoencoder: latents [N, z] → images [N, C, R, R]. `forward` gives images in [−1, 1], as a generator
 * does; {@link VaeDecoder.decode} what a likelihood takes.
 */
export class VaeDecoder extends Module {
  readonly output: 'logits' | 'mean';

  constructor(
    readonly body: Sequential,
    { output = 'logits' }: DecoderOptions = {},
  ) {
    super();
    this.output = output;
  }

  /** Logits of pixels in [0, 1], or means in [−1, 1], as {@link DecoderOptions} says: [N, C, R, R]. */
  decode(latents: Tensor): Tensor {
    const raw = this.body.forward(latents);
    return this.output === 'mean' ? raw.tanh() : raw;
  }

  override forward(latents: Tensor): Tensor {
    const decoded = this.decode(latents);
    return this.output === 'mean' ? decoded : decoded.sigmoid().mul(2).sub(1);
  }

  protected override describe(): string {
    return `output=${this.output}`;
  }
}

/** The encoder pixels-400-20 with a ReLU: see {@link VaeEncoder}. */
export function mlpVaeEncoder({ images, latentSize = LATENT, hidden = 400 }: MlpVaeOptions): VaeEncoder {
  const { channels, height, width } = images;
  const body = sequential(flatten(), linear(channels * height * width, hidden), relu());
  return new VaeEncoder(body, { features: hidden, latentSize });
}

/** The decoder 20-400-pixels with a ReLU: see {@link VaeDecoder}. */
export function mlpVaeDecoder({
  images,
  latentSize = LATENT,
  hidden = 400,
  output,
}: MlpVaeOptions & DecoderOptions): VaeDecoder {
  const { channels, height, width } = images;
  const body = sequential(
    linear(latentSize, hidden),
    relu(),
    linear(hidden, channels * height * width),
    reshape([channels, height, width]),
  );
  return new VaeDecoder(body, { output });
}

/** Channels from half the images' size inwards, and the size of the smallest map. */
function pyramid({ images, width = 32 }: ConvVaeOptions): {
  readonly widths: readonly number[];
  readonly smallest: ImageSize;
  readonly places: number;
} {
  const { count, smallest } = halvings(images);
  const widths = Array.from({ length: count }, (_, i) => width * 2 ** i);
  return { widths, smallest, places: smallest.height * smallest.width };
}

const HALVING = { kernelSize: 4, stride: 2, padding: 1 };

/** Convolutions of 4 × 4 and stride 2 with ReLUs, as often as the size can be halved (28 → 14 → 7): see {@link VaeEncoder}. */
export function convVaeEncoder(options: ConvVaeOptions): VaeEncoder {
  const { images, latentSize = LATENT } = options;
  const { widths, places } = pyramid(options);
  const layers: Module[] = [];
  let channels = images.channels;
  for (const width of widths) {
    layers.push(conv2d(channels, width, HALVING), relu());
    channels = width;
  }
  const features = channels * places;
  return new VaeEncoder(sequential(...layers, flatten()), { features, latentSize });
}

/** The convolutional encoder's mirror image, of transposed convolutions: see {@link VaeDecoder}. */
export function convVaeDecoder(options: ConvVaeOptions & DecoderOptions): VaeDecoder {
  const { images, latentSize = LATENT, output } = options;
  const { widths, smallest, places } = pyramid(options);
  const [first = images.channels, ...others] = [...widths].reverse();
  const layers: Module[] = [
    linear(latentSize, first * places),
    ...(widths.length > 0 ? [relu()] : []),
    reshape([first, smallest.height, smallest.width]),
  ];
  let channels = first;
  for (const width of others) {
    layers.push(convTranspose2d(channels, width, HALVING), relu());
    channels = width;
  }
  if (widths.length > 0) layers.push(convTranspose2d(channels, images.channels, HALVING));
  return new VaeDecoder(sequential(...layers), { output });
}
