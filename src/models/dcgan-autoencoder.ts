import { leakyRelu } from '../nn/activation';
import { batchNorm2d } from '../nn/batch-norm';
import { conv2d } from '../nn/conv';
import { Module } from '../nn/module';
import { type Sequential, sequential } from '../nn/sequential';
import type { Tensor } from '../tensor/tensor';
import { channelsInwards, type DcganOptions, dcganGenerator, initDcgan, smallestMap } from './dcgan';
import type { TranslatorReach } from './translator';

/**
 * The way back of DCGAN's generator: strided convolutions halve images [N, C, H, W] down to 4 × 4 as its discriminator does, the last one
 * gives latents [N, z, 1, 1]. No batch norm at the input.
 */
export function dcganEncoder(options: DcganOptions): Sequential {
  const [first, ...others] = channelsInwards(options);
  const layers: Module[] = [
    conv2d(options.images.channels, first, { kernelSize: 4, stride: 2, padding: 1, bias: false }),
    leakyRelu(0.2),
  ];
  let channels = first;
  for (const width of others) {
    layers.push(
      conv2d(channels, width, { kernelSize: 4, stride: 2, padding: 1, bias: false }),
      batchNorm2d(width),
      leakyRelu(0.2),
    );
    channels = width;
  }
  const { latentSize = 100, images } = options;
  layers.push(conv2d(channels, latentSize, { kernelSize: smallestMap(images), bias: false }));
  return initDcgan(sequential(...layers));
}

/**
 * Images [N, C, H, W] → images of the same shape in [−1, 1], through a latent [N, z, 1, 1]: {@link dcganEncoder}, then the generator of
 * DCGAN (Akcay et al. 2018).
 */
export class DcganAutoencoder extends Module {
  readonly encoder: Sequential;
  readonly decoder: Sequential;
  /** Sizes it takes: larger images have a map of latents. */
  readonly reach: TranslatorReach;

  constructor(options: DcganOptions) {
    super();
    this.encoder = dcganEncoder(options);
    this.decoder = dcganGenerator(options);
    const { height, width } = options.images;
    const stride = 2 ** channelsInwards(options).length;
    this.reach = { stride, least: Math.min(height, width), receptiveField: Number.POSITIVE_INFINITY };
  }

  /** [N, z, 1, 1] */
  encode(images: Tensor): Tensor {
    return this.encoder.forward(images);
  }

  /** Images in [−1, 1]. */
  decode(latents: Tensor): Tensor {
    return this.decoder.forward(latents);
  }

  override forward(images: Tensor): Tensor {
    return this.decode(this.encode(images));
  }
}

/** A {@link DcganAutoencoder}. */
export function dcganAutoencoder(options: DcganOptions): DcganAutoencoder {
  return new DcganAutoencoder(options);
}
