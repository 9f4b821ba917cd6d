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

/** Whether a layer does what its class does: that of a user's class, or with a `forward` put on it, runs by itself. */
function isOf(layer: Module | undefined, classes: readonly unknown[]): boolean {
  return layer !== undefined && classes.includes(layer.constructor) && layer.hasForwardOfClass;
}

/** A norm that a leaky ReLU can run with. */
function isJoinable(layer: Module): layer is BatchNorm2d | InstanceNorm2d {
  return isOf(layer, [BatchNorm2d, InstanceNorm2d]);
}

/** A dense layer that a ReLU can run with. */
function isPlainLinear(layer: Module): layer is Linear {
  return isOf(layer, [Linear]);
}

/** The slope of a leaky ReLU that can run with the layer before it; null for any other layer. */
function slopeOf(next: Module | undefined): number | null {
  if (!isOf(next, [ReLU, LeakyReLU])) return null;
  return next instanceof LeakyReLU ? next.negativeSlope : 0;
}

/** What a layer and the one after it do at once; undefined where they go one after the other. */
function joinedWith(layer: Module, next: Module | undefined): ((input: Tensor) => Tensor) | undefined {
  const slope = slopeOf(next);
  if (slope === null) return undefined;
  if (isJoinable(layer)) return (map) => layer.forwardLeakyRelu(map, slope);
  return slope === 0 && isPlainLinear(layer) ? (rows) => layer.forwardRelu(rows) : undefined;
}

const WEIGHTED: readonly unknown[] = [Conv2d, ConvTranspose2d, Linear];
const BY_OUTPUT: readonly unknown[] = [ReLU, LeakyReLU, Sigmoid, Tanh];

/**
 * Whether nobody needs what is between two layers once the second has taken it in, not even for gradients: those of the one need its input,
 * those of the other its output. For classes of users' own, and layers with a `forward` put on them, nobody knows.
 */
function isPassing(layer: Module | undefined, next: Module): boolean {
  return isOf(layer, WEIGHTED) && isOf(next, BY_OUTPUT);
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
      const joined = joinedWith(layer, layers[i + 1]);
      if (!joined) {
        const before = output;
        output = step(before, input, layer.forward);
        if (isPassing(layers[i - 1], layer)) releaseEarly(before);
        continue;
      }
      try {
        output = step(output, input, joined);
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
