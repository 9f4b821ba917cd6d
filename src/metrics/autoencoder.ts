import type { Generator } from '../tensor/random';
import type { Tensor } from '../tensor/tensor';

/** How many latents {@link Likelihood.logWeights} draws for an image, and from what. */
export interface DrawsOptions {
  /** K */
  readonly draws: number;
  /** On whatever device: the default generators stay as they are. */
  readonly random: Generator;
}

/** The likelihood of an autoencoder with a posterior q(z|x), e.g. a VAE. */
export interface Likelihood {
  /** In words for protocols: `bernoulli`. */
  readonly name: string;
  /**
   * Of a density: how far two neighbouring values of pixels are apart, 2 / 255 for bytes in [−1, 1]; 1 where it is a probability of bytes. Absent
   * where bits per dimension would say nothing, e.g. of black and white pixels.
   */
  readonly binWidth?: number;
  /** ln w = ln p(x|z) + ln p(z) − ln q(z|x) of images [N, C, H, W] for K latents each, z ~ q(z|x): [N, K] in nats. */
  logWeights(images: Tensor, options: DrawsOptions): Tensor;
}

/** What a model with an encoder makes of real images. Its networks are in evaluation mode whenever it is asked. */
export interface Autoencoder {
  /** The networks it needs beside the generator, by name. */
  readonly networks: readonly string[];
  /** What the model sees of images (the images), in words for protocols and as a function. */
  readonly view?: {
    /** For protocols. */
    readonly name: string;
    /** The images as they are seen. */
    readonly of: (images: Tensor) => Tensor;
  };
  /** What is made of images [N, C, H, W] by the mean of their latents, in [−1, 1]. */
  reconstruct(images: Tensor): Tensor;
  /** Absent where the model has none, e.g. one whose decoder learns from a discriminator. */
  readonly likelihood?: Likelihood;
}
