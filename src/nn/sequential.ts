import type { Tensor } from '../tensor/tensor';
import { argumentError } from './check';
import { Module } from './module';

/** Modules one after another; their names are their positions: `0.weight`, `3.running_mean`. */
export class Sequential extends Module {
  readonly layers: readonly Module[];

  /** @throws UsageError for something that is no module, naming its position */
  constructor(...layers: readonly Module[]) {
    super();
    for (const [index, layer] of layers.entries())
      if (!(layer instanceof Module))
        throw argumentError('sequential', `layer ${index} to be a module`, layer);
    this.layers = layers;
  }

  override forward(input: Tensor): Tensor {
    let output = input;
    for (const layer of this.layers) output = layer.forward(output);
    return output;
  }

  override namedChildren(): [string, Module][] {
    return this.layers.map((layer, index) => [String(index), layer]);
  }
}

/** A {@link Sequential} of these layers. @throws UsageError for something that is no module, naming its position */
export function sequential(...layers: readonly Module[]): Sequential {
  return new Sequential(...layers);
}
