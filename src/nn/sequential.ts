import { argumentError } from '../check';
import { releaseEarly } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import { LeakyReLU, ReLU, Sigmoid, Tanh } from './activation';
import { BatchNorm2d } from './batch-norm';
import { Conv2d, ConvTranspose2d } from './conv';
import { step } from './intermediates';
import { Linear } from './linear';
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

const WEIGHTED: readonly unknown[] = [Conv2d, ConvTranspose2d, Linear];
const BY_OUTPUT: readonly unknown[] = [ReLU, LeakyReLU, Sigmoid, Tanh];

/**
 * Whether nobody needs what is between two layers once the second has taken it in, not even for gradients: those of the one need its input,
 * those of the other its output. For classes of users' own nobody knows.
 */
function isPassing(layer: Module | undefined, next: Module): boolean {
  return WEIGHTED.includes(layer?.constructor) && BY_OUTPUT.includes(next.constructor);
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
        const before = output;
        output = step(before, input, layer.forward);
        if (isPassing(layers[i - 1], layer)) releaseEarly(before);
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
