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

/**
 * Who computes the gradients. Where D is frozen while G is trained, its weight gradients are not computed; the textbook loop computes them for
 * nothing. Both go the way of LibTorch's operators: a second derivative of a leaky ReLU is a tensor of zeros there, which goes back through
 * all layers below. Ours has none.
 */
export type Loop = 'ours' | 'frozen' | 'textbook';

/** FLOPs of one step for one image. */
export function stepFlops(networks: Networks, step: Step, loop: Loop): number {
  return step.reduce((sum, use) => sum + use.passes * passFlops(networks[use.network], use, loop), 0);
}

/** FLOPs of one image's way through a network and back. */
function passFlops(layers: readonly Layer[], { weights, inputs, slope }: Use, loop: Loop): number {
  const forward = flopsOf(layers);
  const inner = flopsOf(innerOf(layers));
  const weightGradients = weights === 'needed' || (weights === 'wasted' && loop === 'textbook') ? forward : 0;
  const inputGradients = { all: forward, inner, none: 0 }[inputs];
  // The gradient at the images, and its derivatives by the gradients between layers and by the weights.
  const slopeFlops = slope === undefined ? 0 : 3 * forward;
  const zeros = slope === 'alone' && loop !== 'ours' ? 2 * flopsOf(layers.slice(0, -1)) : 0;
  return forward + weightGradients + inputGradients + slopeFlops + zeros;
}

/** Layers whose inputs are other layers' outputs. */
function innerOf(layers: readonly Layer[]): readonly Layer[] {
  return layers.filter(({ first }, i) => i > 0 && !first);
}

function flopsOf(layers: readonly Layer[]): number {
  return layers.reduce((sum, { multiplyAdds }) => sum + 2 * multiplyAdds, 0);
}
