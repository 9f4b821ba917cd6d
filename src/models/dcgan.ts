import type { ImageShape } from '../data/dataset';
import type { ImageSize } from '../data/image-size';
import { leakyRelu, relu, tanh } from '../nn/activation';
import { BatchNorm1d, BatchNorm2d, batchNorm2d } from '../nn/batch-norm';
import { Conv2d, ConvTranspose2d, conv2d, convTranspose2d } from '../nn/conv';
import { kaimingNormal_, normal_, zeros_ } from '../nn/init';
import { Linear } from '../nn/linear';
import type { Module } from '../nn/module';
import { groupNorm } from '../nn/normalization';
import { type Sequential, sequential } from '../nn/sequential';
import { flatten } from '../nn/shape';

/** Sizes of the DCGAN networks. */
export interface DcganOptions {
  /** The images to make, and to judge. */
  readonly images: ImageShape;
  /** Numbers in a latent (100). */
  readonly latentSize?: number;
  /** Channels at half the images' resolution; each halving doubles them (64). */
  readonly width?: number;
}

/** What normalises the discriminator's feature maps. */
export type DcganNorm = 'batch' | 'layer' | 'none';

/** Options of {@link dcganDiscriminator}. */
export interface DcganDiscriminatorOptions extends DcganOptions {
  /**
   * `layer`: over all of an image's map, with a weight and a bias for each channel, as in WGAN-GP's critic; for penalties of each
   * image's gradient, which batch norm spoils (`batch`).
   */
  readonly norm?: DcganNorm;
}

/** The smaller side of the smallest feature map: a latent becomes 4 × 4 pixels in one step, for 96 × 64 images 6 × 4. */
const FIRST = 4;

/** Sizes that {@link dcganAccepts}, in words. */
export const DCGAN_SIZES =
  'a power of two from 16 to 512; of two sides the smaller one is, and the larger a multiple of its quarter';

/** Whether the networks can make images of this size: {@link DCGAN_SIZES}. */
export function dcganAccepts({ height, width }: ImageSize): boolean {
  const smaller = Math.min(height, width);
  const quarter = smaller / FIRST;
  return (
    smaller >= 16 &&
    Math.max(height, width) <= 512 &&
    Number.isInteger(Math.log2(smaller)) &&
    (height % quarter) + (width % quarter) === 0
  );
}

/** Height and width of the smallest feature map of the networks for images of this size. */
export function smallestMap({ height, width }: ImageSize): readonly [number, number] {
  const scale = Math.min(height, width) / FIRST;
  return [height / scale, width / scale];
}

/** Channels of the feature maps from the images' side inwards: width, 2·width, … down to 4 × 4 pixels. */
export function channelsInwards({ images, width = 64 }: DcganOptions): number[] {
  return Array.from(
    { length: Math.log2(Math.min(images.height, images.width) / FIRST) },
    (_, i) => width * 2 ** i,
  );
}

/**
 * The DCGAN generator (Radford, Metz and Chintala 2016): a latent [N, z, 1, 1] becomes 4 × 4 pixels, each transposed convolution
 * doubles them, tanh gives images [N, C, H, W] in [−1, 1]. No bias before batch norm, no batch norm at the output.
 */
export function dcganGenerator(options: DcganOptions): Sequential {
  const [last, ...inner] = channelsInwards(options);
  const channels = [...inner.reverse(), last];
  const layers: Module[] = [
    convTranspose2d(options.latentSize ?? 100, channels[0], {
      kernelSize: smallestMap(options.images),
      bias: false,
    }),
    batchNorm2d(channels[0]),
    relu(),
  ];
  for (let i = 1; i < channels.length; i++)
    layers.push(
      convTranspose2d(channels[i - 1], channels[i], { kernelSize: 4, stride: 2, padding: 1, bias: false }),
      batchNorm2d(channels[i]),
      relu(),
    );
  layers.push(
    convTranspose2d(last, options.images.channels, { kernelSize: 4, stride: 2, padding: 1 }),
    tanh(),
  );
  return initDcgan(sequential(...layers));
}

/**
 * The DCGAN discriminator: strided convolutions halve images [N, C, H, W] down to 4 × 4, the last one gives logits [N, 1].
 * No batch norm at the input.
 */
export function dcganDiscriminator({ norm = 'batch', ...options }: DcganDiscriminatorOptions): Sequential {
  const channels = channelsInwards(options);
  const bias = norm === 'none';
  const layers: Module[] = [
    conv2d(options.images.channels, channels[0], { kernelSize: 4, stride: 2, padding: 1 }),
    leakyRelu(0.2),
  ];
  for (let i = 1; i < channels.length; i++)
    layers.push(
      conv2d(channels[i - 1], channels[i], { kernelSize: 4, stride: 2, padding: 1, bias }),
      ...normOf(norm, channels[i]),
      leakyRelu(0.2),
    );
  layers.push(
    conv2d(channels[channels.length - 1], 1, { kernelSize: smallestMap(options.images) }),
    flatten(),
  );
  const network = sequential(...layers);
  return norm === 'none' ? initHe(network) : initDcgan(network);
}

/** Without a norm nothing makes up for small weights: He's N(0, 2 / ((1 + 0.2²) · inputs)), which keep the size of what passes. */
function initHe(network: Sequential): Sequential {
  for (const layer of network.modules()) {
    if (!(layer instanceof Conv2d)) continue;
    kaimingNormal_(layer.weight, { a: 0.2, nonlinearity: 'leakyRelu' });
    if (layer.bias) zeros_(layer.bias);
  }
  return network;
}

function normOf(norm: DcganNorm, channels: number): Module[] {
  if (norm === 'none') return [];
  return [norm === 'batch' ? batchNorm2d(channels) : groupNorm(1, channels)];
}

/** Starts convolutions and linear layers from N(0, 0.02²), batch norms from N(1, 0.02²), as the paper does; biases from 0. */
export function initDcgan<M extends Module>(network: M): M {
  for (const layer of network.modules()) {
    if (layer instanceof BatchNorm2d || layer instanceof BatchNorm1d) {
      if (layer.weight) normal_(layer.weight, { mean: 1, std: 0.02 });
      if (layer.bias) zeros_(layer.bias);
    } else if (layer instanceof Conv2d || layer instanceof ConvTranspose2d || layer instanceof Linear) {
      normal_(layer.weight, { std: 0.02 });
      if (layer.bias) zeros_(layer.bias);
    }
  }
  return network;
}
