import { imageTask } from '../../src/export/image-task';
import { latentTask } from '../../src/export/latent-task';
import type { ExportTask, PixelForm } from '../../src/export/task';
import type { Module } from '../../src/nn/module';
import { noGrad } from '../../src/tensor/autograd';
import { rand, randn } from '../../src/tensor/create';
import { manualSeed } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import type { Model } from '../../src/training/model';
import { buildSmall, type SmallRecipe } from './small-recipes';

/** Images as they are inside: float32 [N, C, H, W]. */
export const FLOATS: PixelForm = { pixels: 'float', layout: 'nchw' };

/** A model of a small recipe, and what is exported of it. */
export interface Exported {
  readonly model: Model;
  readonly task: ExportTask;
  dispose(): void;
}

/** A small recipe's model away from where it began, so that images are of many shades and no norm is the identity. */
export function exportedOf(small: SmallRecipe, form: PixelForm = FLOATS): Exported {
  const model = buildSmall(small, 8);
  const dispose = () => {
    for (const network of Object.values(model.networks)) network.dispose();
  };
  const { sampler, networks } = model;
  if (!sampler) throw new Error(`${small.name} has no sampler`);
  for (const name of sampler.networks) stir(networks[name]);
  const grey = { channels: 1, height: small.resolution, width: small.resolution, classes: 0 };
  const specs = { images: grey, a: grey, b: grey, input: grey, target: grey };
  const loaded = { networks, classNames: [], specs };
  const task =
    sampler.takes === 'latents' ? latentTask(loaded, sampler, form) : imageTask(loaded, sampler, form);
  return { model, task, dispose };
}

/** Moves all weights and statistics of a network at random. */
export function stir(network: Module): void {
  manualSeed(5);
  noGrad(() =>
    scope(() => {
      for (const parameter of network.parameters()) parameter.add_(randn(parameter.shape).mul(0.1));
      for (const [name, buffer] of network.namedBuffers()) {
        if (name.endsWith('running_mean')) buffer.add_(randn(buffer.shape).mul(0.1));
        if (name.endsWith('running_var')) buffer.copy_(rand(buffer.shape).add(0.5));
      }
    }),
  );
}
