import type { Tensor } from '../tensor/tensor';
import { ConvTranspose2d } from './conv';
import type { WeightedLayer } from './weighted-layer';

/** A layer's weight as a matrix with a row for each output, of an embedding for each index. */
export function weightMatrix(layer: WeightedLayer): Tensor {
  const { weight } = layer;
  return (layer instanceof ConvTranspose2d ? weight.transpose(0, 1) : weight).flatten({ startDim: 1 });
}
