import type { Loader } from '../../src/data/loader';
import { recipes } from '../../src/recipes';
import { parseConfig } from '../../src/recipes/config';
import { scope } from '../../src/tensor/scope';
import { Trainer } from '../../src/training/trainer';
import { expectClose } from './close';
import { readFixture } from './fixtures';
import { reportsOf } from './training';

/** What a fixture of test/fixtures/recipes was made with. */
interface Settings {
  readonly recipe: string;
  readonly set: Readonly<Record<string, unknown>>;
  readonly steps: number;
  readonly batch: number;
  readonly resolution: number;
  readonly seed: number;
}

/** What may differ from PyTorch. */
export interface Tolerance {
  /** Of every loss, relative to it, and to 1e-3 of the largest of its phase. */
  readonly losses: number;
  /** Of every parameter and buffer after the last step. */
  readonly state: number;
  /** Biases that the loss hardly sees: their gradient is rounding, by which Adam moves them anywhere. */
  readonly wandering?: readonly string[];
}

/**
 * Trains a recipe from a fixture's weights on its images, with the trainer's own latents and draws, and expects PyTorch's losses and
 * final state. On the CPU: other devices draw other numbers.
 */
export async function expectTwin(name: string, { losses, state, wandering = [] }: Tolerance): Promise<void> {
  const fixture = readFixture(`recipes/${name}`);
  const {
    recipe: of,
    set,
    steps,
    batch,
    resolution,
    seed,
  } = JSON.parse(fixture.metadata.settings) as Settings;
  const recipe = recipes[of];
  const config = parseConfig(recipe.fields, { file: set });
  const images = { channels: 1, height: resolution, width: resolution, classes: 0 };
  const model = recipe.build(config, { images }, { steps });
  scope(() => {
    for (const [role, network] of Object.entries(model.networks))
      network.loadStateDict(fixture.group(`initial.${role}.`));
  });
  const trainer = new Trainer({ ...model, device: 'cpu', precision: 'fp32', seed });
  const pool = fixture.tensor('images');
  let taken = 0;
  const loader: Loader = {
    name,
    specs: { images },
    epoch: 0,
    batch,
    batchesPerEpoch: pool.shape[0],
    next: async () => ({
      images: scope(() =>
        pool
          .select(0, taken++ % pool.shape[0])
          .to({ device: 'cpu', dtype: 'float32' })
          .div(127.5)
          .sub(1),
      ),
    }),
    state: () => ({}),
    start: () => ({}),
    setState: () => undefined,
    to: () => undefined,
    dispose: () => undefined,
  };
  try {
    const reports = await reportsOf(trainer.fit(loader, { steps, logEvery: 1 }));
    scope(() => {
      for (const phase of trainer.phases.map((running) => running.name)) {
        const expected = fixture.tensor(`losses.${phase}`).toArray() as number[];
        const floor = Math.max(...expected.filter(Number.isFinite).map(Math.abs)) / 1_000;
        // NaN in the fixture: the phase has not run yet, and reports have no loss of it.
        const errors = reports.map(({ losses: { [phase]: found } }, i) =>
          Number.isNaN(expected[i])
            ? Number(found !== undefined)
            : Math.abs(found - expected[i]) / Math.max(floor, Math.abs(expected[i])),
        );
        expect({ phase, count: errors.length }).toEqual({ phase, count: steps });
        expect({ phase, worst: Math.max(...errors) <= losses || errors }).toEqual({ phase, worst: true });
      }
      for (const [role, network] of Object.entries(model.networks)) {
        const final = fixture.group(`final.${role}.`);
        for (const [key, value] of [...network.namedParameters(), ...network.namedBuffers()])
          if (!wandering.includes(`${role}.${key}`))
            expectClose(value.double(), final[key].double(), { relative: state, label: `${role}.${key}` });
      }
    });
  } finally {
    pool.dispose();
    trainer.dispose();
  }
}
