import type { Tensor } from '../tensor/tensor';
import type { Module } from './module';

/** A generator with an intermediate latent w (Karras et al. 2019): truncation, mixing and inversion go through it. */
export interface StyleNetwork extends Module {
  /** Numbers in w. */
  readonly styleSize: number;
  /** Layers that take a w each. */
  readonly styleLayers: number;
  /** The running mean [styleSize] of w over the training. */
  readonly meanStyle: Tensor;
  /** w float32 [N, styleSize] of latents [N, z]. */
  map(latents: Tensor): Tensor;
  /** Images [N, C, H, W] of a w for each layer [N, styleLayers, styleSize], with the noise maps of use. */
  synthesise(styles: Tensor, options?: { readonly noise?: readonly Tensor[] }): Tensor;
  /**
   * The weights [out, styleSize] that turn w into each layer's styles, in order: their singular vectors are directions (Shen & Zhou
   * 2021).
   */
  styleWeights(): readonly Tensor[];
}

/** Whether a network has an intermediate latent. */
export function isStyleNetwork(module: Module): module is Module & StyleNetwork {
  return ['map', 'synthesise', 'styleWeights'].every(
    (name) => name in module && typeof Reflect.get(module, name) === 'function',
  );
}
