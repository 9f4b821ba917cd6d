// `onDivergence: 'rollback'`: back to the newest finite checkpoint, and on with lower rates.
import { appendFileSync, cpSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { adam } from '../../src/optim/adam';
import { noGrad } from '../../src/tensor/autograd';
import { manualSeed } from '../../src/tensor/random';
import type { FitOptions } from '../../src/training/fit-options';
import type { GraphCapture } from '../../src/training/graph-capture';
import { parseManifest } from '../../src/training/manifest';
import type { Report } from '../../src/training/report';
import { Trainer } from '../../src/training/trainer';
import { failure } from '../support/failure';
import { testDevice } from '../support/fixtures';
import { tinyModel } from '../support/recorded';
import { StandInCapture } from '../support/stand-in-capture';
import { filesOf, temporaryFolder, tinyLoader } from '../support/training';

const folder = temporaryFolder();
const LR = 2 ** -10;

interface Options extends Partial<FitOptions> {
  readonly steps: number;
  readonly run: string;
  readonly lr?: number;
  /** Steps whose loss is NaN while the learning rate is above the bound. */
  readonly bad?: readonly number[];
  readonly bound?: number;
  readonly graphs?: (() => GraphCapture) | false;
  readonly onReport?: (report: Report, trainer: Trainer) => void;
}

/** Trains a discriminator and a generator; gives the reports. */
async function train({ run, lr = LR, bad = [], bound = 0, graphs = false, onReport, ...options }: Options) {
  manualSeed(1);
  const rate = () => trainer.phases[0].running.groups[0].lr;
  const build = tinyModel(
    {
      optimizer: adam({ lr }),
      loss: ({ batch: { images }, made: { fake }, networks: { discriminator: D }, scheduled }) =>
        D.forward(images)
          .mean()
          .sub(D.forward(fake).mean())
          .square()
          .mul(scheduled((step) => (bad.includes(step) && rate() > bound ? Number.NaN : 1))),
    },
    {
      trains: 'generator',
      optimizer: adam({ lr: lr / 2 }),
      loss: ({ made: { fake }, networks: { discriminator: D } }) => D.forward(fake).mean().neg(),
    },
  );
  const ema = { generator: { halfLifeImages: 100 } };
  const trainer = new Trainer({ ...build(), ema, device: testDevice, precision: 'fp32', seed: 5, graphs });
  const loader = tinyLoader();
  const reports: Report[] = [];
  const fixed = {
    out: join(folder.path, run),
    logEvery: 1,
    checkpointEvery: 2,
    onDivergence: 'rollback',
  } as const;
  try {
    for await (const report of trainer.fit(loader, { ...fixed, ...options })) {
      reports.push(report);
      onReport?.(report, trainer);
    }
    return reports;
  } finally {
    loader.dispose();
    trainer.dispose();
  }
}

const at = (run: string, ...path: string[]) => join(folder.path, run, ...path);
const checkpoint = (run: string, step: number) => at(run, 'checkpoints', `step-00000${step}`);
const manifest = (run: string, step: number) =>
  parseManifest(readFileSync(join(checkpoint(run, step), 'manifest.json'), 'utf8'));
const log = (run: string) =>
  readFileSync(at(run, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
const weights = (run: string, step: number) => {
  const { 'manifest.json': _, ...files } = filesOf(checkpoint(run, step));
  return files;
};

describe('a run stops', () => {
  test('where no checkpoint was written yet', async () => {
    await expect(train({ run: 'run', steps: 8, bad: [1] })).rejects.toEqual(
      failure(
        'ERR_DIVERGED',
        'diverged at step 2: expected finite losses but phase P0 gave NaN; no checkpoint was written before; train with checkpointEvery to have one; lower the learning rate, or clip gradients; there is no finite checkpoint to go back to',
      ),
    );
  });

  test('where every checkpoint is damaged', async () => {
    const onReport = ({ step }: Report) => {
      if (step === 3) appendFileSync(join(checkpoint('run', 2), 'networks', 'generator.safetensors'), 'x');
    };
    await expect(train({ run: 'run', steps: 8, bad: [3], onReport })).rejects.toEqual(
      failure('ERR_DIVERGED', 'there is no finite checkpoint to go back to'),
    );
  });

  test('at its limit, the rollbacks before it was resumed included', async () => {
    const options = { run: 'run', steps: 8, bad: [5], rollbackLimit: 2 };
    const told = failure('ERR_DIVERGED', 'diverged at step 6: expected finite losses but phase P0 gave NaN');
    await expect(train(options)).rejects.toEqual(told);
    const limit = failure('ERR_DIVERGED', 'it went back 2 times before, and 2 is the limit');
    await expect(train({ ...options, resume: true })).rejects.toEqual(limit);
    expect(manifest('run', 4).rollbacks).toHaveLength(2);
    expect(readdirSync(at('run', 'checkpoints'))).toEqual(['step-000002', 'step-000004']);
    // A higher limit lets it go on.
    const lower = { ...options, bound: LR / 8, rollbackLimit: 3, resume: true };
    expect((await train(lower)).at(-1)?.step).toBe(8);
    expect(manifest('run', 8).rollbacks).toHaveLength(3);
  });
});

test('a run goes back, and on as if it had been resumed there with lower rates', async () => {
  const reports = await train({ run: 'run', steps: 8, bad: [5], bound: LR / 2 });
  await train({ run: 'resumed', steps: 4 });
  await train({ run: 'resumed', steps: 8, lr: LR / 2, resume: true, changes: ['lr'] });
  for (const step of [6, 8]) expect(weights('run', step)).toEqual(weights('resumed', step));
  expect(reports.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 4, 5, 6, 7, 8]);
  expect(log('run').map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});

test('it is told, and kept in the log, config.json and the checkpoints after it', async () => {
  const reports = await train({
    run: 'run',
    steps: 8,
    bad: [4],
    bound: LR / 2,
    rollbackFactor: 0.25,
    rollbackLimit: 5,
    keep: 0,
  });
  const rollback = {
    from: 5,
    to: 4,
    problem: 'finite losses but phase P0 gave NaN',
    factor: 0.25,
    learningRates: { P0: [LR / 4], P1: [LR / 8] },
  };
  expect(reports.flatMap(({ notes }) => notes)).toEqual([
    `training diverged at step 5: expected finite losses but phase P0 gave NaN; back at step 4 (1 of 5 times), with the learning rates times 0.25: P0 ${LR / 4}; P1 ${LR / 8}`,
  ]);
  expect(
    log('run').map((line) => [line.step, line['learningRate/P0'], line['learningRate/P1'], line.rollbacks]),
  ).toEqual([
    ...[1, 2, 3, 4].map((step) => [step, LR, LR / 2, undefined]),
    ...[5, 6, 7, 8].map((step) => [step, LR / 4, LR / 8, 1]),
  ]);
  expect(JSON.parse(readFileSync(at('run', 'config.json'), 'utf8')).rollbacks).toEqual([rollback]);
  expect([4, 6, 8].map((step) => manifest('run', step).rollbacks)).toEqual([
    [rollback],
    [rollback],
    [rollback],
  ]);
  expect(manifest('run', 2).rollbacks).toBeUndefined();
});

test.each([5, 6, 7])('a run that ended with step %i after it went back goes on bit for bit', async (cut) => {
  const options = { run: 'run', steps: 8, bad: [5], bound: LR / 2 };
  let back = false;
  await train({
    ...options,
    onReport: ({ step, notes }) => {
      if (notes.length > 0) back = true;
      // What a killed process leaves.
      if (back && step === cut) cpSync(at('run'), at('killed'), { recursive: true });
    },
  });
  for (const name of readdirSync(at('killed'))) if (name.startsWith('.lock')) rmSync(at('killed', name));
  await train({ ...options, run: 'killed', resume: true });
  expect(filesOf(checkpoint('killed', 8))).toEqual(filesOf(checkpoint('run', 8)));
  const config = (run: string) => JSON.parse(readFileSync(at(run, 'config.json'), 'utf8')).rollbacks;
  expect(config('killed')).toEqual(config('run'));
  const numbers = (run: string) => log(run).map(({ imagesPerSecond: _, ...rest }) => rest);
  expect(numbers('killed')).toEqual(numbers('run'));
});

test('a resume with changes keeps the lowered rate, unless the rate is what was changed', async () => {
  const options = { run: 'run', bad: [5], bound: LR / 2 };
  const rates: number[] = [];
  const onReport = (_: Report, trainer: Trainer) => rates.push(trainer.phases[0].running.groups[0].lr);
  await train({ ...options, steps: 6 });
  await train({ ...options, steps: 7, resume: true, changes: ['gamma'], onReport });
  await train({ ...options, steps: 8, resume: true, changes: ['lr'], lr: LR / 16, onReport });
  expect(rates).toEqual([LR / 2, LR / 16]);
});

test('a weight that is not finite when it is to be saved leads back, too', async () => {
  let times = 0;
  const reports = await train({
    run: 'run',
    steps: 6,
    onReport: ({ step }, trainer) => {
      const spoils = step === 3 && times++ === 0;
      if (spoils) noGrad(() => trainer.averages.generator.module.parameters()[0].fill_(Number.NaN));
    },
  });
  expect(reports.flatMap(({ notes }) => notes)).toEqual([
    expect.stringMatching(
      /diverged at step 4: expected finite weights but ema\/generator .* back at step 2 \(1 of 3/,
    ),
  ]);
  expect(log('run').map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6]);
});

test('captured steps are captured anew, and go on as others do', async () => {
  const captures: StandInCapture[] = [];
  const graphs = () => {
    const capture = new StandInCapture();
    captures.push(capture);
    return capture;
  };
  const options = { steps: 16, bad: [9], bound: LR / 2, checkpointEvery: 8, keep: 0 };
  await train({ ...options, run: 'captured', graphs });
  await train({ ...options, run: 'eager' });
  const last = (run: string) => filesOf(at(run, 'checkpoints', 'step-000016'));
  expect(last('captured')).toEqual(last('eager'));
  const { events } = captures[0];
  const made = events.filter((event) => event.startsWith('capture'));
  expect(made).toHaveLength(2);
  expect(events.indexOf('drop 1')).toBeLessThan(events.indexOf('capture 2'));
  expect(events.slice(events.indexOf('drop 1')).filter((event) => event === 'replay 1')).toEqual([]);
});
