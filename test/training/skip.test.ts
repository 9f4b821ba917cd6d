// `onDivergence: 'skip'`; test/recipes/skip has every recipe, and captured steps.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { manualSeed } from '../../src/tensor/random';
import type { Tensor } from '../../src/tensor/tensor';
import type { FitOptions } from '../../src/training/fit-options';
import { Trainer } from '../../src/training/trainer';
import { captureState } from '../../src/training/training-state';
import { failure, usage } from '../support/failure';
import { testDevice } from '../support/fixtures';
import { tinyModel } from '../support/recorded';
import { hashesOf } from '../support/state';
import { tinyTrainer } from '../support/tiny-trainer';
import { filesOf, reportsOf, temporaryFolder, tinyLoader } from '../support/training';

const folder = temporaryFolder();

/** The loss as it is, with the gradient 0 · ∞. */
const noGradient = (value: Tensor) => value.add(value.sub(value).sqrt());
/** A loss that is NaN, with its gradient as it is. */
const noLoss = (value: Tensor) => value.add(Number.NaN);

type Spoil = (value: Tensor, step: number) => Tensor;
const at =
  (steps: readonly number[], spoil: (value: Tensor) => Tensor): Spoil =>
  (value, step) =>
    steps.includes(step) ? spoil(value) : value;

async function train(spoil: Spoil, options: FitOptions) {
  const trainer = tinyTrainer(spoil, { ema: { discriminator: { halfLifeImages: 100 } } });
  const loader = tinyLoader();
  const states: Record<string, string>[] = [];
  try {
    const reports = [];
    for await (const report of trainer.fit(loader, { onDivergence: 'skip', logEvery: 1, ...options })) {
      reports.push(report);
      states.push(hashesOf(captureState(trainer)));
    }
    return { reports, states };
  } finally {
    loader.dispose();
    trainer.dispose();
  }
}

test.each<[Partial<Record<keyof FitOptions, unknown>>, string]>([
  [{ onDivergence: 'hope' }, 'onDivergence to be one of stop, skip, rollback but received hope'],
  [{ skipLimit: 0 }, 'skipLimit to be a positive integer but received 0'],
  [{ rollbackLimit: 1.5 }, 'rollbackLimit to be a positive integer but received 1.5'],
  [{ rollbackFactor: 0 }, 'rollbackFactor to be above 0 and at most 1 but received 0'],
  [{ rollbackFactor: 2 }, 'rollbackFactor to be above 0 and at most 1 but received 2'],
  [{ onDivergence: 'rollback' }, 'the run directory in `out` for onDivergence: rollback'],
])('fit refuses %j', async (options, message) => {
  const refused = train((value) => value, { steps: 1, ...options } as FitOptions);
  await expect(refused).rejects.toEqual(usage(message));
});

test.each([
  ['a gradient that is NaN, of a finite loss', noGradient],
  ['a loss that is NaN, with a finite gradient', noLoss],
])('%s is skipped: the phase leaves no trace, the others go on', async (_, spoil) => {
  const { reports, states } = await train(at([2], spoil), { steps: 4 });
  const changed = Object.keys(states[2]).filter((name) => states[2][name] !== states[1][name]);
  expect(changed).not.toEqual([]);
  // The generator's phase came after, and learned from the discriminator as it was.
  expect(changed.filter((name) => !/^networks\/generator |^optimizers\/G /.test(name))).toEqual([]);
  expect(states[3]['networks/discriminator 1.weight']).not.toBe(states[2]['networks/discriminator 1.weight']);
  expect(reports.map(({ skipped }) => skipped)).toEqual([0, 0, 1, 1].map((D) => ({ D, G: 0 })));
});

test('the log counts skipped updates, and the first of a phase is told', async () => {
  const out = join(folder.path, 'run');
  const { reports } = await train(at([1, 3], noLoss), { steps: 5, out });
  const lines = readFileSync(join(out, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.map((line) => [line['skipped/D'], line['skipped/G']])).toEqual(
    [0, 1, 1, 2, 2].map((count) => [count, 0]),
  );
  expect(lines.map(({ D }) => D === null)).toEqual([false, true, false, true, false]);
  expect(reports.map(({ notes }) => notes)).toEqual([
    [],
    [
      'an update of phase D whose loss or gradients were not finite was skipped, at step 2 or shortly before: the log counts them as skipped/D',
    ],
    [],
    [],
    [],
  ]);
});

test('too many in a row end the training; nothing of them was saved, and what was goes on', async () => {
  const out = join(folder.path, 'run');
  const options = { out, checkpointEvery: 2, skipLimit: 3 };
  const training = train(at([1, 2, 4, 5, 6, 7], noGradient), { steps: 9, ...options });
  await expect(training).rejects.toEqual(
    failure(
      'ERR_DIVERGED',
      `training diverged at step 7: expected finite losses and gradients but 3 updates of phase D in a row had others and were skipped, and 3 are the limit; the last good checkpoint is ${join(out, 'checkpoints', 'step-000006')}`,
    ),
  );
  expect(readdirSync(join(out, 'checkpoints'))).toEqual(['step-000002', 'step-000004', 'step-000006']);
  // Two in a row are in the checkpoint: one more is one too many.
  const resumed = train(at([6], noGradient), { steps: 9, ...options, resume: true });
  await expect(resumed).rejects.toEqual(
    failure('ERR_DIVERGED', 'diverged at step 7: expected finite losses and gr'),
  );
  await train((value) => value, { steps: 9, ...options, resume: true });
});

test('a row that ended before anybody read the losses counts, too', async () => {
  const rare = { logEvery: 8, checkLosses: 'log', skipLimit: 3 } as const;
  await expect(train(at([1, 2, 3], noLoss), { steps: 8, ...rare })).rejects.toEqual(
    failure(
      'ERR_DIVERGED',
      'at step 8: expected finite losses and gradients but 3 updates of phase D in a row',
    ),
  );
  await train(at([1, 2, 4, 5], noLoss), { steps: 8, ...rare });
});

test('a resumed run goes on bit for bit, its counts included, and tells nothing twice', async () => {
  const spoil = at([1, 5], noLoss);
  const [whole, parts] = ['whole', 'parts'].map((name) => join(folder.path, name));
  const build = (out: string, options: Partial<FitOptions>) =>
    train(spoil, { steps: 8, out, checkpointEvery: 4, ...options });
  manualSeed(1);
  await build(whole, {});
  manualSeed(1);
  await build(parts, { steps: 4 });
  // Here the initial weights are others.
  const { reports } = await build(parts, { resume: true });
  expect(reports.flatMap(({ notes }) => notes)).toEqual([]);
  expect(reports.map(({ skipped }) => skipped?.D)).toEqual([1, 2, 2, 2]);
  const [a, b] = [whole, parts].map((run) => filesOf(join(run, 'checkpoints', 'step-000008')));
  expect(Object.keys(a)).toEqual(Object.keys(b));
  const log = (run: string) =>
    readFileSync(join(run, 'metrics.jsonl'), 'utf8').replace(/"imagesPerSecond":[^,]*,/g, '');
  expect([b, log(parts)]).toEqual([a, log(whole)]);
});

test('a bad part of a batch that comes in parts leaves out the whole batch', async () => {
  let part = 0;
  const build = tinyModel({
    loss: ({ batch: { images }, networks: { discriminator: D } }) => {
      const value = D.forward(images).square().mean();
      return part++ === 5 ? noLoss(value) : value;
    },
  });
  const trainer = new Trainer({
    ...build(),
    device: testDevice,
    precision: 'fp32',
    accumulate: 2,
    graphs: false,
  });
  const loader = tinyLoader();
  const states: Record<string, string>[] = [];
  for await (const _ of trainer.fit(loader, { steps: 4, logEvery: 1, onDivergence: 'skip' }))
    states.push(hashesOf(captureState(trainer)));
  expect(states[2]).toEqual(states[1]);
  expect(states[3]).not.toEqual(states[2]);
  loader.dispose();
  trainer.dispose();
});

test('another policy in a second call of fit is obeyed', async () => {
  const trainer = tinyTrainer(at([1, 4], noLoss));
  const loader = tinyLoader();
  const go = (options: FitOptions) => reportsOf(trainer.fit(loader, options));
  await go({ steps: 3, onDivergence: 'skip' });
  await expect(go({ steps: 5 })).rejects.toEqual(
    failure('ERR_DIVERGED', 'diverged at step 5: expected finite losses'),
  );
  loader.dispose();
  trainer.dispose();
});
