// Recipes against PyTorch twins written apart from them (test/fixtures/recipes): equal weights, images, latents and random draws.
import { recipes } from '../../src/recipes';
import { parseConfig } from '../../src/recipes/config';
import { setKernels } from '../../src/tensor/device';
import { scope } from '../../src/tensor/scope';
import { readFixture, testDevice } from '../support/fixtures';
import { ScriptedTrainer, scriptedLoader } from '../support/scripted-trainer';
import { reportsOf } from '../support/training';

interface Settings {
  readonly steps: number;
  readonly classes: number;
  readonly resolution: number;
  readonly seed: number;
  readonly set: Readonly<Record<string, unknown>>;
}

const CASES: readonly (readonly [recipe: string, fixture: string])[] = [
  ['cgan', 'cgan'],
  ['acgan', 'acgan'],
  ['projection', 'projection'],
  ['infogan', 'infogan'],
  ['vae', 'vae'],
  ['vae', 'vae-gaussian'],
  ['vae', 'vae-discretized'],
  ['beta-vae', 'vae-beta'],
  ['vae-gan', 'vae_gan'],
  ['conv-dropout', 'conv_dropout'],
];

// Dropout's own kernel draws other numbers than PyTorch does.
beforeAll(() => setKernels(false));
afterAll(() => setKernels(true));

test.each(CASES)('20 steps of %s have the losses of its twin %s, within 1e-3', async (name, file) => {
  const fixture = readFixture(`recipes/${file}`);
  const { steps, classes, resolution, seed, set }: Settings = JSON.parse(fixture.metadata.settings);
  const recipe = recipes[name];
  const model = recipe.build(parseConfig(recipe.fields, { file: set }), { channels: 1, resolution, classes });
  scope(() => {
    for (const [network, module] of Object.entries(model.networks))
      module.loadStateDict(fixture.group(`initial.${network}.`));
  });
  const [images, labels, latents] = ['images', 'labels', 'latents'].map((role) => fixture.tensor(role));
  const trainer = new ScriptedTrainer(
    { ...model, ema: null, device: testDevice, precision: 'fp32', memoryFormat: 'contiguous', seed },
    latents,
  );
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
    trainer.dispose();
    for (const tensor of [images, labels, latents]) tensor.dispose();
  }
});
