import type { Gan, Layer } from './networks';

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

/** FLOPs of one training step for one image. */
export function stepFlops(gan: Gan, loop: Loop): number {
  const [generator, discriminator] = [work(gan.generator), work(gan.discriminator)];
  const makeFakes = generator.forward;
  const discriminatorPhase =
    2 * (discriminator.forward + discriminator.weightGradients + discriminator.innerGradients);
  const wasted = loop === 'textbook' ? discriminator.weightGradients : 0;
  const generatorPhase =
    discriminator.forward +
    discriminator.inputGradients +
    wasted +
    generator.weightGradients +
    generator.innerGradients;
  return makeFakes + discriminatorPhase + generatorPhase;
}

/** FLOPs of one generated image. */
export function sampleFlops(gan: Gan): number {
  return work(gan.generator).forward;
}

interface Work {
  readonly forward: number;
  readonly weightGradients: number;
  /** Of every layer's input. */
  readonly inputGradients: number;
  /** Of every layer's input but the first one's. */
  readonly innerGradients: number;
}

function work(layers: readonly Layer[]): Work {
  const forward = layers.reduce((sum, layer) => sum + 2 * layer.multiplyAdds, 0);
  return {
    forward,
    weightGradients: forward,
    inputGradients: forward,
    innerGradients: forward - 2 * layers[0].multiplyAdds,
  };
}
