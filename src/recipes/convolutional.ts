import type { ImageSpec } from '../data/dataset';
import {
  DCGAN_SIZES,
  type DcganNorm,
  dcganAccepts,
  dcganDiscriminator,
  dcganGenerator,
} from '../models/dcgan';
import { resnetDiscriminator, resnetGenerator } from '../models/resnet-gan';
import type { Module } from '../nn/module';
import type { Latent } from '../training/latent';
import { choice, integer } from './config';

/** What `--set` reaches of the convolutional networks that several recipes share. */
export const networkFields = {
  network: choice('dcgan', ['dcgan', 'resnet'], { help: 'resnet: for 32, 64 and 128 pixels, and slower' }),
  latentSize: integer(100, { min: 1, help: 'numbers in a latent' }),
  width: integer(32, { min: 1, help: 'channels at the images’ side, in the paper’s networks 64 to 256' }),
};

/** The images they can make. */
export const convolutionalImages = {
  description: `${DCGAN_SIZES}; with network=resnet 32, 64 or 128, square`,
  accepts: dcganAccepts,
};

/** How the discriminator is kept in bounds. */
export interface DiscriminatorOptions {
  /** Of the dcgan discriminator; resnet's has none. */
  readonly norm: DcganNorm;
  /** Of the resnet discriminator. */
  readonly spectralNorm: boolean;
}

/** Networks, with what the trainer and the phases must know of them. */
export interface Convolutional {
  readonly networks: { readonly generator: Module; readonly discriminator: Module };
  readonly latent: Latent;
  /** Whether real images and fakes may pass as one batch: no layer looks across it. */
  readonly oneBatch: boolean;
}

/**
 * A generator and a discriminator, DCGAN's or SNGAN's.
 *
 * @throws UsageError for a resolution that resnet is not made for
 */
export function convolutionalNetworks(
  config: { readonly network: 'dcgan' | 'resnet'; readonly latentSize: number; readonly width: number },
  images: ImageSpec,
  { norm, spectralNorm }: DiscriminatorOptions,
): Convolutional {
  const { network, latentSize, width } = config;
  if (network === 'dcgan')
    return {
      networks: {
        generator: dcganGenerator({ images, latentSize, width }),
        discriminator: dcganDiscriminator({ images, width, norm }),
      },
      latent: { shape: [latentSize, 1, 1] },
      oneBatch: norm !== 'batch',
    };
  return {
    networks: {
      generator: resnetGenerator({ images, latentSize, width }),
      discriminator: resnetDiscriminator({ images, width, spectralNorm }),
    },
    latent: { size: latentSize },
    oneBatch: true,
  };
}
