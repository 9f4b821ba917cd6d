import { argumentError } from '../check';
import type { Tensor } from '../tensor/tensor';
import { LeakyReLU, ReLU } from './activation';
import { BatchNorm2d } from './batch-norm';
import { step } from './intermediates';
import { Module } from './module';
import { InstanceNorm2d } from './normalization';
import { addFrame } from './trace';

/** A norm that a leaky ReLU can run with; no class of users' own. */
function isJoinable(layer: Module): layer is BatchNorm2d | InstanceNorm2d {
  return layer.constructor === BatchNorm2d || layer.constructor === InstanceNorm2d;
}

/** The slope of a leaky ReLU that can run with the norm before it; null for any other layer, and for classes of users' own. */
function slopeOf(next: Module | undefined): number | null {
  if (next?.constructor === ReLU) return 0;
  return next instanceof LeakyReLU && next.constructor === LeakyReLU ? next.negativeSlope : null;
}

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
    const { layers } = this;
    let output = input;
    for (let i = 0; i < layers.length; i++) {
      const layer = layers[i];
      const slope = slopeOf(layers[i + 1]);
      if (slope === null || !isJoinable(layer)) {
        output = step(output, input, layer.forward);
        continue;
      }
      try {
        output = step(output, input, (map) => layer.forwardLeakyRelu(map, slope));
      } catch (error) {
        addFrame(error, layer);
        throw error;
      }
      i++;
    }
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
