import type { Layer, Networks } from './layers';
import type { Step, Use } from './steps';

/**
 * How FLOPs are counted here: a multiply-add is two, only convolutions and dense layers count, padding counts as data, and the
 * gradients by a layer's input and by its weight cost as much as its forward pass each.
 */
export const CONVENTION =
  'a multiply-add is 2 FLOPs; convolutions and dense layers only; forward pass, input gradient and weight gradient of a ' +
  'layer cost the same; input gradients that nobody needs (of images and latents) are not counted, and weight gradients ' +
  'that are computed for nothing are';

/** Who computes the gradients: the textbook loop also computes the discriminator's weight gradients in the generator's phase. */
export type Loop = 'frozen' | 'textbook';

/** FLOPs of one step for one image. */
export function stepFlops(networks: Networks, step: Step, loop: Loop): number {
  return step.reduce((sum, use) => sum + use.passes * passFlops(networks[use.network], use, loop), 0);
}

/** FLOPs of one image's way through a network and back. */
function passFlops(layers: readonly Layer[], { weights, inputs }: Use, loop: Loop): number {
  const forward = layers.reduce((sum, layer) => sum + 2 * layer.multiplyAdds, 0);
  const inner = forward - 2 * layers[0].multiplyAdds;
  const weightGradients = weights === 'needed' || (weights === 'wasted' && loop === 'textbook') ? forward : 0;
  const inputGradients = { all: forward, inner, none: 0 }[inputs];
  return forward + weightGradients + inputGradients;
}
