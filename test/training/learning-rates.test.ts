import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { adam, linear } from '../../src/optim';
import { mlp } from '../../src/recipes/mlp';
import type { FitOptions } from '../../src/training/fit-options';
import { changedRates } from '../../src/training/learning-rates';
import { Trainer } from '../../src/training/trainer';
import { testDevice } from '../support/fixtures';
import { buildModel, reportsOf, temporaryFolder, tinyLoader } from '../support/training';

const folder = temporaryFolder();

describe('changedRates', () => {
  test('names the phases that go on at another rate', () => {
    const told = changedRates({ D: [1e-4], G: [1e-4, 5e-5] }, { D: [1e-4], G: [2e-4, 5e-5] });
    expect(told).toEqual([
      expect.stringMatching(
        /^phase G goes on at the learning rate 0\.0002, 0\.00005 and not at 0\.0001, 0\.00005: /,
      ),
    ]);
  });

  test('says nothing of checkpoints that did not keep them', () => {
    expect(changedRates({}, { D: [1e-4] })).toEqual([]);
  });
});

/** A training whose rates fall from 1e-3 to 0 on its way; returns what it was told. */
async function train(out: string, { steps, ...given }: Omit<FitOptions, 'out'>): Promise<string[]> {
  const model = buildModel(mlp);
  const decaying = adam({ lr: 1e-3, schedule: linear({ steps, from: 1, to: 0 }) });
  const phases = model.phases.map((phase) => ({ ...phase, optimizer: decaying }));
  const trainer = new Trainer({ ...model, phases, device: testDevice, precision: 'fp32', seed: 5 });
  const loader = tinyLoader();
  try {
    const options = { ...given, steps, out, sampleEvery: 10, checkpointEvery: 4, logEvery: 2 };
    const reports = await reportsOf(trainer.fit(loader, options));
    return reports.flatMap(({ notes }) => notes);
  } finally {
    loader.dispose();
    trainer.dispose();
  }
}

test('it says so too where something else is changed as well', async () => {
  const out = join(folder.path, 'changed');
  await train(out, { steps: 4, settings: { set: { lambda: 10 } } });
  const settings = { set: { lambda: 5 } };
  const notes = await train(out, { steps: 8, resume: true, settings, changes: ['--set lambda 10 → 5'] });
  expect(notes).toEqual([
    expect.stringMatching(/^phase D goes on at/),
    expect.stringMatching(/^phase G goes on at/),
    'from step 4 on: --set lambda 10 → 5',
  ]);
});

test('a run that is made longer says which rates jump, and each line of its log has them', async () => {
  const out = join(folder.path, 'longer');
  expect(await train(out, { steps: 4 })).toEqual([]);
  const notes = await train(out, { steps: 8, resume: true });
  expect(notes).toEqual([
    expect.stringMatching(/^phase D goes on at the learning rate 0\.0005 and not at 0: /),
    expect.stringMatching(/^phase G goes on at the learning rate 0\.0005 and not at 0: /),
  ]);
  const lines = readFileSync(join(out, 'metrics.jsonl'), 'utf8').trim().split('\n');
  const rates = lines.map((line) => JSON.parse(line)['learningRate/G']);
  expect(rates.map((rate) => Number(rate.toFixed(9)))).toEqual([0.0005, 0, 0.00025, 0]);
});

test('what a resume changes is in config.json before the work that its first step waits for', async () => {
  const out = join(folder.path, 'early');
  await train(out, { steps: 4, settings: { set: { lambda: 10 } } });
  const evaluation = { every: 4, source: null, features: null } as never;
  const settings = { set: { lambda: 5 } };
  const changes = ['--set lambda 10 → 5'];
  await expect(train(out, { steps: 8, resume: true, settings, changes, evaluation })).rejects.toThrow();
  const [config, manifest] = ['config.json', 'checkpoints/step-000004/manifest.json'].map((file) =>
    JSON.parse(readFileSync(join(out, file), 'utf8')),
  );
  expect([config.settings.set, manifest.settings.set]).toEqual([settings.set, settings.set]);
  expect(config.changes).toHaveLength(1);
});
