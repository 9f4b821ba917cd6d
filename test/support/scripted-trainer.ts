import type { Loader } from '../../src/data/loader';
import { recipes } from '../../src/recipes';
import { parseConfig } from '../../src/recipes/config';
import { setKernels } from '../../src/tensor/device';
import { keep, scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { latentShape } from '../../src/training/latent';
import { requireLatent } from '../../src/training/phase-step';
import { Trainer } from '../../src/training/trainer';
import type { TrainerOptions } from '../../src/training/trainer-options';
import { readFixture, testDevice } from './fixtures';
import { reportsOf } from './training';

/** What a fixture of scripted latents was made with. */
interface Settings {
  readonly steps: number;
  readonly classes: number;
  readonly resolution: number;
  readonly seed: number;
  readonly set: Readonly<Record<string, unknown>>;
}

/** A trainer whose latents [draws, N, z] come from a fixture, draw after draw. */
export class ScriptedTrainer extends Trainer {
  readonly #latents: Tensor;
  #draws = 0;

  constructor(options: TrainerOptions, latents: Tensor) {
    super(options);
    this.#latents = latents;
  }

  override drawLatents(count: number): Tensor {
    return this.#latents
      .select(0, this.#draws++)
      .reshape([count, ...latentShape(requireLatent(this.latent))]);
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
    specs: { images: { channels, height: resolution, width: resolution, classes } },
    epoch: 0,
    batch,
    batchesPerEpoch: batches,
    next: async () => {
      const at = index++ % batches;
      return scope(() => ({
        images: images.select(0, at).float().div(127.5).sub(1),
        labels: labels.select(0, at).clone(),
      }));
    },
    state: () => ({}),
    start: () => ({}),
    setState: () => undefined,
    to: () => undefined,
    dispose: () => undefined,
  };
}

/**
 * Trains a recipe from a fixture's weights on its images, labels and latents, and expects PyTorch's losses, within 1e-3.
 *
 * @param device the CPU where the recipe draws more than its latents: other devices draw other numbers
 */
export async function expectScriptedTwin(name: string, file: string, device = testDevice): Promise<void> {
  const fixture = readFixture(`recipes/${file}`);
  const { steps, classes, resolution, seed, set }: Settings = JSON.parse(fixture.metadata.settings);
  const recipe = recipes[name];
  const model = recipe.build(parseConfig(recipe.fields, { file: set }), {
    images: { channels: 1, height: resolution, width: resolution, classes },
  });
  scope(() => {
    for (const [network, module] of Object.entries(model.networks))
      module.loadStateDict(fixture.group(`initial.${network}.`));
  });
  const [images, labels, latents] = scope(() =>
    ['images', 'labels', 'latents'].map((role) => keep(fixture.tensor(role).to({ device }))),
  );
  const trainer = new ScriptedTrainer(
    { ...model, ema: {}, device, precision: 'fp32', memoryFormat: 'contiguous', seed },
    latents,
  );
  // Dropout's own kernel draws other numbers than PyTorch does.
  setKernels(false);
  try {
    const loader = scriptedLoader({ images, labels }, classes);
    const reports = await reportsOf(trainer.fit(loader, { steps, logEvery: 1 }));
    for (const phase of model.phases.map((each) => each.name)) {
      const expected = scope(() => fixture.tensor(`losses.${phase}`).toArray()) as number[];
      const relative = reports.map(({ losses }, i) => Math.abs(losses[phase] / expected[i] - 1));
      expect({ phase, count: relative.length }).toEqual({ phase, count: steps });
      expect(Math.max(...relative)).toBeLessThanOrEqual(1e-3);
    }
  } finally {
    setKernels(true);
    trainer.dispose();
    for (const tensor of [images, labels, latents]) tensor.dispose();
  }
}
