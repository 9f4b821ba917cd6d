import type { Picture } from '../io/png';
import type { Module } from '../nn/module';
import { sampleGrid } from '../report/grid';
import { noGrad } from '../tensor/autograd';
import { getRngState, setRngState } from '../tensor/random';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';

/** Runs `body` with a network in evaluation mode, without a trace: mode and random state are as before afterwards. */
export function evaluating<T>(network: Module, device: string, body: () => T): T {
  const before = network.training;
  const random = getRngState(device);
  network.eval();
  try {
    return noGrad(body);
  } finally {
    network.train(before);
    setRngState(random, device);
  }
}

/** The generator's images float32 [N, C, H, W] for these latents, in evaluation mode. */
export function generateImages(generator: Module, latents: Tensor): Tensor {
  return evaluating(generator, latents.device, () => scope(() => generator.forward(latents).float()));
}

/**
 * A grid of generated images.
 *
 * @param options.columns - images a row; as square as it goes when absent
 */
export function drawSamples(images: Tensor, { columns }: { columns?: number } = {}): Picture {
  const values = images.toTypedArray();
  if (!(values.BYTES_PER_ELEMENT === 4 && images.dtype === 'float32'))
    throw new RangeError(`drawSamples expected float32 images but received ${images.dtype}`);
  return sampleGrid({ values: values as Float32Array, shape: images.shape }, { columns });
}
