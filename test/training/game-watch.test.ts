// A training warns where its networks do not learn from each other any more.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nonSaturating } from '../../src/losses/adversarial';
import { adam } from '../../src/optim/adam';
import { alone } from '../../src/parallel/group';
import { manualSeed } from '../../src/tensor/random';
import { earlierWarnings, warningsUpTo } from '../../src/training/earlier-warnings';
import type { FitOptions } from '../../src/training/fit-options';
import { LIMITS } from '../../src/training/game-health';
import { GameWatch } from '../../src/training/game-watch';
import type { GraphCapture } from '../../src/training/graph-capture';
import type { Model } from '../../src/training/model';
import { Trainer } from '../../src/training/trainer';
import { usage } from '../support/failure';
import { testDevice } from '../support/fixtures';
import { captures, tinyModel } from '../support/recorded';
import { filesOf, reportsOf, temporaryFolder, tinyLoader } from '../support/training';

jest.setTimeout(120_000);

const folder = temporaryFolder();
const loss = nonSaturating();
const games: Model['games'] = [
  {
    generator: 'generator',
    discriminator: 'discriminator',
    score: { discriminator: 'D', generator: 'G', ends: { guessing: 2 * Math.LN2, knowing: 0 } },
  },
];

interface Options extends Partial<FitOptions> {
  readonly steps: number;
  readonly rates: readonly [d: number, g: number];
  /** What the discriminator's loss is, whatever it sees (it learns). */
  readonly won?: number;
  /** How grey the generator learns its images to be, whatever the latents (it learns from the discriminator). */
  readonly grey?: number;
  readonly watched?: boolean;
  readonly accumulate?: number;
  readonly graphs?: false | (() => GraphCapture);
}

/** Trains a pair; gives what was told, without its numbers. */
async function train({
  rates: [d, g],
  won,
  grey,
  watched = true,
  accumulate,
  graphs = false,
  ...options
}: Options) {
  manualSeed(1);
  const model = tinyModel(
    {
      name: 'D',
      optimizer: adam({ lr: d }),
      loss: ({ batch: { images }, made: { fake }, networks: { discriminator: D } }) =>
        won === undefined
          ? loss.discriminator(D.forward(images), D.forward(fake))
          : D.forward(images).mean().mul(0).add(won),
    },
    {
      name: 'G',
      trains: 'generator',
      optimizer: adam({ lr: g }),
      loss: ({ made: { fake }, networks: { discriminator: D } }) =>
        grey === undefined ? loss.generator(D.forward(fake)) : fake.sub(grey).square().mean(),
    },
  )();
  const trainer = new Trainer({
    ...{ ...model, ...(watched && { games }), accumulate, graphs },
    ...{ device: testDevice, precision: 'fp32', seed: 5 },
  });
  const loader = tinyLoader();
  const fixed = { out: join(folder.path, 'run'), page: false, logEvery: EVERY, checkLosses: 'log' } as const;
  try {
    const reports = await reportsOf(trainer.fit(loader, { ...fixed, ...options }));
    return reports.flatMap(({ notes }) =>
      notes.map((note) => note.replace(/\(.*\)|[\d.e-]+ %|[\d.]+ times/g, '…')),
    );
  } finally {
    loader.dispose();
    trainer.dispose();
  }
}

const config = (run = 'run') => JSON.parse(readFileSync(join(folder.path, run, 'config.json'), 'utf8'));
const checkpoint = (run: string, step: number) =>
  filesOf(join(folder.path, run, 'checkpoints', `step-${String(step).padStart(6, '0')}`));

/** Steps between readings: fewer make shorter tests. */
const EVERY = 50;
const ENOUGH = LIMITS.silentSteps + EVERY + LIMITS.window.steps;

test('a pair of which one has won is told once, of captured steps in parts as well, and the run keeps it', async () => {
  const options = { rates: [1e-3, 1e-9], won: 0.001, accumulate: 2, graphs: captures } as const;
  const text =
    "for 500 steps the discriminator has told real from fake nearly always …, and the generator's loss does not come back: try";
  const told = await train({ ...options, steps: ENOUGH, remedies: { 'discriminator-wins': 'this' } });
  expect(told).toEqual([`step ${ENOUGH}: ${text} this`]);
  const { warnings } = config();
  expect(warnings).toEqual([
    {
      step: ENOUGH,
      problem: 'discriminator-wins',
      text: expect.stringContaining('does not come back: try this'),
    },
  ]);
  expect(await train({ ...options, steps: ENOUGH + 10, resume: true })).toEqual([]);
  expect(config().warnings).toEqual(warnings);
});

test('a generator that makes the same and moves on its own is told, and no bit of its training is another', async () => {
  const run = (watched: boolean) => {
    const out = join(folder.path, String(watched));
    return train({
      steps: 550,
      grey: 0.5,
      rates: [1e-9, 1e-2],
      watched,
      out,
      sampleEvery: 50,
      checkpointEvery: 275,
    });
  };
  const told = await run(true);
  expect(told).toHaveLength(2);
  expect(told[0]).toContain(
    'for 300 steps the weights of the generator have moved … as fast as those of the discriminator',
  );
  expect(told[1]).toContain('the generator makes the same images again and again');
  for (const note of told) expect(note).toMatch(/^step \d+: .*: try a lower learning rate of the generator$/);
  expect(config('true').warnings).toHaveLength(2);
  expect(await run(false)).toEqual([]);
  expect(config('false')).not.toHaveProperty('warnings');
  for (const step of [275, 550]) expect(checkpoint('true', step)).toEqual(checkpoint('false', step));
});

test('nothing is told of a pair of which both learn', async () => {
  expect(await train({ steps: 550, rates: [1e-4, 1e-4], sampleEvery: 50 })).toEqual([]);
  expect(config()).not.toHaveProperty('warnings');
});

test('what was told before a resume is not told again until it was over', () => {
  const watch = (warnings: Parameters<GameWatch['resume']>[0]) => {
    const training = { games: games ?? [], networks: {}, sampler: undefined, step: 1_000, group: alone };
    const watch = new GameWatch(training, { logEvery: 1_000_000 });
    watch.resume(warnings);
    const told: [number, string | undefined][] = [];
    for (; training.step <= 3_000; training.step += 10) {
      const d = training.step < 2_000 ? 0.001 : 1;
      watch.afterStep({ losses: { D: d, G: 5 }, statistics: {}, faults: {}, rows: {} });
      for (const text of watch.take() ?? []) told.push([training.step, text]);
    }
    return { told, warnings: watch.warnings };
  };
  const before = { step: 700, problem: 'discriminator-wins', text: 'it' } as const;
  const fresh = watch([]);
  expect(fresh.told).toHaveLength(1);
  expect(fresh.warnings).toMatchObject([{ step: 1_500, over: expect.any(Number) }]);
  const resumed = watch([before]);
  expect(resumed.told).toEqual([]);
  expect(resumed.warnings).toEqual([{ ...before, over: fresh.warnings[0].over }]);
});

test('what came after the step that a run goes back to holds no more', () => {
  const told = (step: number, over?: number) =>
    ({ step, problem: 'generator-collapses', text: 'it', ...(over !== undefined && { over }) }) as const;
  expect(warningsUpTo([told(100, 200), told(250, 400), told(300)], 300)).toEqual([
    told(100, 200),
    told(250),
    told(300),
  ]);
  expect(warningsUpTo([told(100, 200), told(250)], 150)).toEqual([told(100)]);
  const file = join(folder.path, 'config.json');
  writeFileSync(file, JSON.stringify({ warnings: [told(100), told(250), 'no warning', { step: 1 }] }));
  expect(earlierWarnings(file)).toEqual([told(100), told(250)]);
  expect(earlierWarnings(file, 200)).toEqual([told(100)]);
  expect(earlierWarnings(join(folder.path, 'none.json'))).toEqual([]);
});

test('of several processes the first alone looks', () => {
  const watch = (rank: number) =>
    new GameWatch(
      { games: games ?? [], networks: {}, sampler: undefined, step: 0, group: { ...alone, rank, size: 2 } },
      { logEvery: 10 },
    );
  expect([watch(0), watch(1)].map(({ isWatching }) => isWatching)).toEqual([true, false]);
});

test('a game of networks that a model lacks is refused', () => {
  const model = tinyModel({})();
  const build = () =>
    new Trainer({ ...model, games: [{ generator: 'g', discriminator: 'discriminator' }], device: 'cpu' });
  expect(build).toThrow(usage('games expected one of the networks generator, discriminator but names g'));
  for (const network of Object.values(model.networks)) network.dispose();
});
