import { oneOf } from '../check';
import { UsageError } from '../errors';
import type { LoadedModel } from '../training/load';
import { imageTask } from './image-task';
import { latentTask } from './latent-task';
import type { ExportTask, PixelForm } from './task';

/** What a user chooses of a model’s inputs and outputs: images are float32 [N, C, H, W] in [−1, 1] where nothing is said. */
export interface TaskOptions extends Partial<PixelForm> {
  /** Which way, of a model that takes images in (its first). */
  readonly direction?: string;
  /** How many layers, from the first on, the truncation acts in, of a model with an intermediate latent w (all). */
  readonly truncationLayers?: number;
}

/** What is exported of a loaded model. @throws UsageError for an option of another kind of model */
export function taskOf(
  model: LoadedModel,
  { direction, truncationLayers, pixels = 'float', layout = 'nchw' }: TaskOptions,
): ExportTask {
  const { sampler } = model;
  const form = {
    pixels: oneOf('an export', 'pixels', pixels, ['float', 'uint8']),
    layout: oneOf('an export', 'layout', layout, ['nchw', 'nhwc']),
  };
  if (sampler.takes === 'latents') {
    if (direction !== undefined)
      throw new UsageError(
        'direction is of models that take images in, but this one takes latents: leave it out',
      );
    return latentTask(model, sampler, { ...form, truncationLayers });
  }
  if (truncationLayers !== undefined)
    throw new UsageError(
      'truncationLayers is of models that take latents, but this one takes images in: leave it out',
    );
  return imageTask(model, sampler, { ...form, direction });
}
