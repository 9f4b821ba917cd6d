import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Profile } from '../../src/report/profile';
import { profile } from '../../src/report/profile';
import { manualSeed } from '../../src/tensor/random';
import type { FitOptions } from '../../src/training/fit-options';
import { failure, usage } from '../support/failure';
import { tinyTrainer } from '../support/tiny-trainer';
import { filesOf, reportsOf, temporaryFolder, tinyLoader } from '../support/training';

const folder = temporaryFolder();

/** Trains, and gives what `onProfile` was given. */
async function train(options: FitOptions, onStep: (step: number) => void = () => {}): Promise<Profile[]> {
  const profiles: Profile[] = [];
  manualSeed(7);
  const trainer = tinyTrainer();
  const loader = tinyLoader();
  try {
    const given = options.profile && {
      ...options.profile,
      onProfile: (found: Profile) => profiles.push(found),
    };
    for await (const { step } of trainer.fit(loader, { logEvery: 1, ...options, profile: given }))
      onStep(step);
    return profiles;
  } finally {
    loader.dispose();
    trainer.dispose();
  }
}

test('a training profiles the steps asked for, once, and goes on', async () => {
  const steps: number[] = [];
  const profiles = await train({ steps: 9, profile: { steps: 3, warmup: 2 } }, (step) => steps.push(step));
  expect(steps).toHaveLength(9);
  expect(profiles).toHaveLength(1);
  const [found] = profiles;
  expect(found.steps).toBe(3);
  expect(found.unprofiledMs).toBeGreaterThan(0);
  const paths = found.phases.map(({ path }) => path.join(' '));
  expect(paths).toEqual([
    'data',
    'D',
    'D forward',
    'D forward fake',
    'D backward',
    'D optimizer',
    'G',
    'G forward',
    'G backward',
    'G optimizer',
    'ema',
    'logging',
    '',
  ]);
  const top = found.phases.filter(({ path }) => path.length < 2);
  expect(top.reduce((sum, { ms }) => sum + ms, 0)).toBeCloseTo(found.stepMs, 6);
  expect(found.ops.find(({ name, phase }) => name === '_fused_adam_' && phase === 'D')).toMatchObject({
    calls: 1,
    phase: 'D',
    pass: 'optimizer',
  });
});

test('a run directory gets the profile and a Chrome trace', async () => {
  const out = join(folder.path, 'run');
  const [found] = await train({ steps: 3, out, profile: { steps: 1, warmup: 1 } });
  expect(JSON.parse(readFileSync(join(out, 'profile.json'), 'utf8'))).toEqual(found);
  const { traceEvents } = JSON.parse(readFileSync(join(out, 'trace.json'), 'utf8')) as {
    traceEvents: { name: string }[];
  };
  expect(traceEvents.map(({ name }) => name)).toEqual(expect.arrayContaining(['D', 'aten::addmm']));
  expect(readdirSync(out).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});

test('profiled or not, a training computes the same', async () => {
  const checkpoint = (run: string) => filesOf(join(folder.path, run, 'checkpoints', 'step-000004'));
  await train({ steps: 4, out: join(folder.path, 'a') });
  await train({ steps: 4, out: join(folder.path, 'b'), profile: { steps: 2, warmup: 1 } });
  const { 'manifest.json': _, ...files } = checkpoint('a');
  expect(checkpoint('b')).toMatchObject(files);
});

test('a training that ends among the profiled steps profiles those there were, or none', async () => {
  const stopAfter = async (last: number) => {
    const stop = new AbortController();
    const options = { steps: 20, signal: stop.signal, profile: { steps: 9, warmup: 2 } };
    return train(options, (step) => step === last && stop.abort());
  };
  expect((await stopAfter(5)).map(({ steps }) => steps)).toEqual([3]);
  expect(await stopAfter(1)).toEqual([]);
});

test('an error among the profiled steps leaves nothing recording', async () => {
  const broken = tinyTrainer((loss, step) => (step === 2 ? loss.expand([2]) : loss));
  const loader = tinyLoader();
  const fitting = reportsOf(broken.fit(loader, { steps: 9, profile: { steps: 5, warmup: 1 } }));
  await expect(fitting).rejects.toEqual(failure('ERR_BAD_LOSS', 'one number'));
  await expect(profile(() => 1)).resolves.toMatchObject({ result: 1 });
  loader.dispose();
  broken.dispose();
});

describe('bad input', () => {
  test.each<[FitOptions['profile'], string]>([
    [{ steps: 0 }, 'profile.steps to be a whole number of at least 1 but received 0'],
    [{ steps: 1.5 }, 'profile.steps to be a whole number of at least 1 but received 1.5'],
    [{ warmup: -1 }, 'profile.warmup to be a whole number of at least 0 but received -1'],
    [
      { steps: 3, warmup: 3 },
      'a profile of 3 steps after 3 of warm-up expected at least 6 steps but there are 5 to do',
    ],
  ])('%j', async (options, message) => {
    await expect(train({ steps: 5, profile: options })).rejects.toEqual(usage(message));
  });

  test('a resumed run has only the steps that are left', async () => {
    const out = join(folder.path, 'run');
    await train({ steps: 4, out });
    await expect(train({ steps: 8, out, resume: true, profile: { steps: 3, warmup: 2 } })).rejects.toEqual(
      usage('at least 5 steps but there are 4 to do'),
    );
  });

  test('a profile or trace that cannot be written', async () => {
    for (const name of ['profile.json', 'trace.json']) {
      const out = join(folder.path, name);
      const blocked = train({ steps: 4, out, profile: { steps: 1, warmup: 1 } }, (step) => {
        if (step === 1) mkdirSync(join(out, name));
      });
      await expect(blocked).rejects.toEqual(failure('ERR_CANNOT_WRITE', name));
    }
  });
});
