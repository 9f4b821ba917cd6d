import type { Tensor } from '../tensor/tensor';
import { Module } from './module';
import type { Parameter } from './parameter';

/** What a {@link WeightedLayer} computes with. */
export interface Weights {
  readonly weight: Tensor;
  /** Null for none; the layer's own where it is left out. */
  readonly bias?: Tensor | null;
}

/** A layer whose weight may be computed from its parameter before it is used: what {@link SpectralNorm} takes. */
export abstract class WeightedLayer extends Module {
  abstract readonly weight: Parameter;

  /** What `forward` computes, with other weights of the same shapes. */
  abstract forwardWith(input: Tensor, weights: Weights): Tensor;

  override forward(input: Tensor): Tensor {
    return this.forwardWith(input, { weight: this.weight });
  }
}
