import type { Tensor } from '../tensor/tensor';

/** What a {@link FeatureExtractor} makes of images. */
export interface Extracted {
  /** float32 [N, d]. */
  readonly features: Tensor;
  /** float32 [N, k], or null where the network classifies nothing. */
  readonly logits: Tensor | null;
}

/** Maps images to vectors in which distances between images mean something. */
export interface FeatureExtractor {
  /** E.g. `classifier-mnist`, `inception`, `torchscript:FILE`, or a user's own. */
  readonly name: string;
  /** Of the weights, in lower-case hexadecimal: two extractors with the same one give comparable figures. */
  readonly sha256: string;
  /** d, the length of a feature vector. */
  readonly dimensions: number;
  /** k, the number of logits; 0 = none, and then there is no Inception Score. */
  readonly classes: number;
  /** What it does with images of another size, in words for a protocol: `bilinear, antialiased, to 32×32`. */
  readonly resize: string;
  /** What it does with images that have alpha, in words for a protocol: `on white` (it takes alpha as it comes). */
  readonly alpha?: string;
  /**
   * Features and logits of images, float32 [N, C, H, W] in [−1, 1], on the extractor's device, in the caller's scope. Records nothing
   * for autograd, computes in float32 inside autocast too, and moves no random generator.
   */
  extract(images: Tensor): Extracted;
  /** Gives the weights back. */
  dispose(): void;
}
