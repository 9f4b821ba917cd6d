import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mlp } from '../../src/recipes/mlp';
import { setDeterministic } from '../../src/tensor/device';
import type { FitOptions } from '../../src/training/fit-options';
import type { Precision } from '../../src/training/manifest';
import { Trainer } from '../../src/training/trainer';
import { testDevice } from '../support/fixtures';
import { buildModel, filesOf, reportsOf, temporaryFolder, tinyLoader } from '../support/training';

// As on a device whose kind does not tell.
jest.mock('../../src/training/known-precision', () => ({
  ...jest.requireActual('../../src/training/known-precision'),
  knownPrecision: () => null,
}));

const folder = temporaryFolder();
let cacheHome: string | undefined;
let cache: string;

beforeEach(() => {
  cacheHome = process.env.XDG_CACHE_HOME;
  process.env.XDG_CACHE_HOME = join(folder.path, 'cache');
  cache = join(folder.path, 'cache', 'libtorch-gan', 'precision.json');
});
afterEach(() => {
  setDeterministic(false);
  if (cacheHome === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = cacheHome;
});

type Options = Pick<ConstructorParameters<typeof Trainer>[0], 'precision' | 'deterministic'>;

async function train({
  precision,
  deterministic,
  ...fit
}: FitOptions & Options): Promise<Precision | undefined> {
  const trainer = new Trainer({ ...buildModel(mlp), device: testDevice, precision, deterministic });
  const loader = tinyLoader();
  try {
    await reportsOf(trainer.fit(loader, fit));
    return trainer.precision?.precision;
  } finally {
    loader.dispose();
    trainer.dispose();
  }
}

/** Makes the cache say that `favourite` is faster for whatever it knows, so that no clock decides the test. */
function favour(favourite: 'fp32' | 'bf16'): void {
  const times = favourite === 'bf16' ? { fp32: 2, bf16: 1 } : { fp32: 1, bf16: 2 };
  const keys = Object.keys(JSON.parse(readFileSync(cache, 'utf8')));
  expect(keys).toHaveLength(1);
  const seal = createHash('sha256')
    .update(JSON.stringify([keys[0], times.fp32, times.bf16]))
    .digest('hex');
  writeFileSync(cache, JSON.stringify({ [keys[0]]: { ...times, seal } }));
}

const json = (...path: string[]) => JSON.parse(readFileSync(join(folder.path, ...path), 'utf8'));

test('auto trains in what was measured faster for these networks and this batch, and keeps that with the run', async () => {
  await train({ steps: 1 });
  for (const favourite of ['fp32', 'bf16'] as const) {
    favour(favourite);
    expect(await train({ steps: 1, out: join(folder.path, favourite) })).toBe(favourite);
    expect(json(favourite, 'config.json').precision).toBe(favourite);
    expect(json(favourite, 'config.json').passMs).toEqual(
      favourite === 'bf16' ? { fp32: 2, bf16: 1 } : { fp32: 1, bf16: 2 },
    );
    expect(json(favourite, 'checkpoints/step-000001/manifest.json').precision).toBe(favourite);
  }
});

test('measuring changes nothing but the precision: the weights are those of a run that named it', async () => {
  const weights = (run: string) => filesOf(join(folder.path, run, 'checkpoints', 'step-000002'));
  const precision = await train({ steps: 2, out: join(folder.path, 'measured') });
  expect(precision).toMatch(/^(fp32|bf16)$/);
  await train({
    steps: 2,
    out: join(folder.path, 'named'),
    precision: precision === 'bf16' ? 'bf16' : 'fp32',
  });
  const { 'manifest.json': _, ...files } = weights('named');
  expect(weights('measured')).toMatchObject(files);
});

test.each(['fp32', 'bf16'] as const)(
  'a resumed run keeps %s and measures nothing, and goes on bit for bit',
  async (kept) => {
    await train({ steps: 1 });
    favour(kept);
    const [whole, cut] = [join(folder.path, 'whole'), join(folder.path, 'cut')];
    await train({ steps: 4, out: whole });
    await train({ steps: 2, out: cut });
    favour(kept === 'bf16' ? 'fp32' : 'bf16');
    rmSync(cache);
    expect(await train({ steps: 4, out: cut, resume: true })).toBe(kept);
    expect(existsSync(cache)).toBe(false);
    expect(json('cut', 'config.json').precision).toBe(kept);
    const files = (run: string) => filesOf(join(run, 'checkpoints', 'step-000004'));
    expect(files(cut)).toEqual(files(whole));
  },
);

test('a precision named on resume wins', async () => {
  const out = join(folder.path, 'run');
  await train({ steps: 1, out, precision: 'bf16' });
  expect(await train({ steps: 2, out, resume: true, precision: 'fp32' })).toBe('fp32');
});

test('a deterministic run is fp32 unless it names another, and measures nothing', async () => {
  expect(await train({ steps: 1, deterministic: true })).toBe('fp32');
  expect(await train({ steps: 1, deterministic: true, precision: 'bf16' })).toBe('bf16');
  expect(existsSync(cache)).toBe(false);
});
