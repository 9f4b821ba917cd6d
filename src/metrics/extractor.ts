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
  /** What came of an image that it was tried with, roughly: networks of equal weights that compute otherwise differ in it (not known). */
  readonly trial?: string;
  /** d, the length of a feature vector. */
  readonly dimensions: number;
  /** k, the number of logits; 0 = none, and then there is no Inception Score. */
  readonly classes: number;
  /** Channels of images that it takes (not known). */
  readonly channels?: readonly number[];
  /** What it does with images of another form, in words for a protocol: `bilinear, antialiased, to 32×32`. */
  readonly resize: string;
  /** The same of what it makes `maps` of, where that differs. */
  readonly mapsResize?: string;
  /**
   * Features and logits of images, float32 [N, C, H, W] in [−1, 1], on the extractor's device, in the caller's scope. Records nothing
   * for autograd, computes in float32 inside autocast too, and moves no random generator.
   */
  extract(images: Tensor): Extracted;
  /**
   * Feature maps float32 [N, C, h, w] of such images, from layers near the image to those far from it, as {@link featureDistance} compares
   * them; absent where the network has none to give. As little trace as of `extract`.
   */
  maps?(images: Tensor): readonly Tensor[];
  /**
   * Feature maps float32 [N, C, h, w] of such images before their activation, where the network's layers can tell, through which images get
   * their gradient: what perceptual losses compare. A network that takes any size is given images at their own. Absent where there
   * is none to give.
   */
  responses?(images: Tensor): readonly Tensor[];
  /** Gives the weights back. */
  dispose(): void;
}
