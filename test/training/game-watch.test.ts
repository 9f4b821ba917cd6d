// A training warns where its networks do not learn from each other any more.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nonSaturating } from '../../src/losses/adversarial';
import { adam } from '../../src/optim/adam';
import { sgd } from '../../src/optim/sgd';
import { alone } from '../../src/parallel/group';
import { manualSeed } from '../../src/tensor/random';
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
  readonly rates?: readonly [d: number, g: number];
  /** By what images the generator learns to be this grey, whatever the latents (it plays). */
  readonly grey?: number;
  readonly watched?: boolean;
  readonly accumulate?: number;
  readonly graphs?: false | (() => GraphCapture);
}

/** Trains a pair, the discriminator by Adam; gives what was told. */
async function train({
  rates: [d, g] = [1e-3, 1e-3],
  grey,
  watched = true,
  accumulate,
  graphs = false,
  ...options
}: Options & { readonly steps: number }) {
  manualSeed(1);
  const model = tinyModel(
    {
      name: 'D',
      optimizer: adam({ lr: d }),
      loss: ({ batch: { images }, made: { fake }, networks: { discriminator: D } }) =>
        loss.discriminator(D.forward(images), D.forward(fake)),
    },
    {
      name: 'G',
      trains: 'generator',
      optimizer: grey === undefined ? sgd({ lr: g }) : adam({ lr: g }),
      loss: ({ made: { fake }, networks: { discriminator: D } }) =>
        grey === undefined ? loss.generator(D.forward(fake)) : fake.sub(grey).square().mean(),
    },
  )();
  const trainer = new Trainer({
    ...model,
    ...(watched && { games }),
    device: testDevice,
    precision: 'fp32',
    seed: 5,
    accumulate,
    graphs,
  });
  const loader = tinyLoader();
  const fixed = { out: join(folder.path, 'run'), page: false, checkpointEvery: 1_000 } as const;
  try {
    const reports = await reportsOf(trainer.fit(loader, { ...fixed, ...options }));
    return reports.flatMap(({ notes }) => notes.map((note) => note.replace(/\(.*\)|[\d.e-]+ %|[\d.]+ times/g, '…')));
  } finally {
    loader.dispose();
    trainer.dispose();
  }
}

const config = (run = 'run') => JSON.parse(readFileSync(join(folder.path, run, 'config.json'), 'utf8'));
const checkpoint = (run: string, step: number) =>
  filesOf(join(folder.path, run, 'checkpoints', `step-${String(step).padStart(6, '0')}`));

/** The discriminator learns, and the generator nearly not. */
const WON = [1e-2, 1e-9] as const;
const HEALTHY = LIMITS.silentSteps + LIMITS.window.steps + 100;
const WINS =
  "the discriminator has told real from fake nearly always …, and the generator's loss does not come back: try";

describe('a pair of which one has won', () => {
  test('is told once, with what to try, and kept in config.json', async () => {
    const remedies = { 'discriminator-wins': 'this' } as const;
    const notes = await train({ steps: 900, rates: WON, remedies });
    expect(notes.filter((note) => note.includes('told real from fake'))).toEqual([
      `step 410: for 200 steps ${WINS} this`,
    ]);
    const { warnings } = config();
    expect(warnings).toContainEqual({
      step: 410,
      problem: 'discriminator-wins',
      text: expect.stringContaining("does not come back: try this"),
    });
  });

  test('is told in general words where nobody says what to try', async () => {
    const notes = await train({ steps: 500, rates: WON });
    expect(notes).toContainEqual(`step 410: for 200 steps ${WINS} a lower learning rate of the discriminator`);
  });

  test('is not told again by a resumed run', async () => {
    await train({ steps: 500, rates: WON });
    const { warnings } = config();
    expect(warnings.length).toBeGreaterThan(0);
    expect(await train({ steps: 1_000, rates: WON, resume: true })).toEqual([]);
    expect(config().warnings).toEqual(warnings);
  });

  test('is told by a run that goes on from a checkpoint before', async () => {
    await train({ steps: 500, rates: WON, checkpointEvery: 300 });
    const told = await train({ steps: 1_000, rates: WON, resume: true, resumeStep: 300 });
    expect(told.some((note) => note.includes('told real from fake'))).toBe(true);
  });

  test('is told as well of steps in parts, and of captured ones', async () => {
    const notes = await train({ steps: 450, rates: WON });
    expect(await train({ steps: 450, rates: WON, graphs: captures, out: join(folder.path, 'captured') })).toEqual(notes);
    const parts = await train({ steps: 450, rates: WON, accumulate: 2, out: join(folder.path, 'parts') });
    expect(parts.some((note) => note.includes('told real from fake'))).toBe(true);
  });
});

test('a generator that makes the same whatever its latents are is told, by its grids', async () => {
  const notes = await train({ steps: 700, grey: 0.5, rates: [1e-9, 1e-2], sampleEvery: 50 });
  const told = notes.filter((note) => note.includes('same images'));
  expect(told).toHaveLength(1);
  expect(told[0]).toContain('try a lower learning rate of the generator');
});

test.each([
  ['discriminator', [1e-2, 1e-8]],
  ['generator', [1e-8, 1]],
] as const)('weights of the %s that run away from the other’s are told', async (fast, rates) => {
  const notes = await train({ steps: 600, rates, logEvery: 25 });
  expect(notes.filter((note) => note.includes('as fast as'))).toMatchObject([
    expect.stringContaining(`the weights of the ${fast} move …`),
  ]);
});

test('nothing is told of a pair of which both learn, and nothing of one that is no game', async () => {
  expect(await train({ steps: HEALTHY, rates: [1e-4, 1e-1] })).toEqual([]);
  expect(await train({ steps: 500, rates: WON, watched: false, out: join(folder.path, 'other') })).toEqual([]);
  expect(config()).not.toHaveProperty('warnings');
});

test('no bit of a training is another where it is watched', async () => {
  const run = (watched: boolean) => {
    const out = join(folder.path, String(watched));
    return train({ steps: 450, rates: WON, watched, out, checkpointEvery: 150, sampleEvery: 50 });
  };
  expect(await run(true)).not.toEqual([]);
  await run(false);
  for (const step of [150, 300, 450]) expect(checkpoint('true', step)).toEqual(checkpoint('false', step));
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
