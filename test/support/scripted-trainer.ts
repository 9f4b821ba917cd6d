import type { Loader } from '../../src/data/loader';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { latentShape } from '../../src/training/latent';
import { Trainer, type TrainerOptions } from '../../src/training/trainer';

/** A trainer whose latents [draws, N, z] come from a fixture, draw after draw. */
export class ScriptedTrainer extends Trainer {
  readonly #latents: Tensor;
  #draws = 0;

  constructor(options: TrainerOptions, latents: Tensor) {
    super(options);
    this.#latents = latents;
  }

  override drawLatents(count: number): Tensor {
    return this.#latents.select(0, this.#draws++).reshape([count, ...latentShape(this.latent)]);
  }
}

/** A loader of batches uint8 [batches, N, C, H, W] with labels [batches, N], over and over. */
export function scriptedLoader(
  { images, labels }: { readonly images: Tensor; readonly labels: Tensor },
  classes: number,
): Loader {
  const [batches, batch, channels, resolution] = images.shape;
  let index = 0;
  return {
    name: 'fixture',
    spec: { channels, resolution, classes },
    batch,
    batchesPerEpoch: batches,
    next: async () => {
      const at = index++ % batches;
      return scope(() => ({
        images: images.select(0, at).float().div(127.5).sub(1),
        labels: labels.select(0, at).clone(),
      }));
    },
    state: () => ({ epoch: 0, position: 0, seed: 0 }),
    setState: () => undefined,
    to: () => undefined,
    dispose: () => undefined,
  };
}
