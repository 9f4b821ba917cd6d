// A run that goes on from one of its earlier checkpoints.
import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { manualSeed } from '../../src/tensor/random';
import type { FitOptions } from '../../src/training/fit-options';
import { tinyExtractor } from '../support/extractor';
import { failure, usage } from '../support/failure';
import { tinyTrainer } from '../support/tiny-trainer';
import { filesOf, reportsOf, temporaryFolder, tinyDataset, tinyLoader } from '../support/training';

const folder = temporaryFolder();
const cache = process.env.XDG_CACHE_HOME;
beforeEach(() => {
  process.env.XDG_CACHE_HOME = join(folder.path, 'cache');
});
afterAll(() => {
  if (cache === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = cache;
});

const at = (...path: string[]) => join(folder.path, 'run', ...path);
const checkpoint = (step: number) => at('checkpoints', `step-00000${step}`);

async function train(
  steps: number,
  { judged = false, ...options }: Partial<FitOptions> & { judged?: boolean } = {},
) {
  manualSeed(1);
  const trainer = tinyTrainer();
  const loader = tinyLoader();
  const features = tinyExtractor();
  const evaluation = judged ? { real: tinyDataset(), features, every: 4, count: 40 } : undefined;
  const fixed = { out: at(), logEvery: 1, checkpointEvery: 2, sampleEvery: 2, page: false } as const;
  try {
    return await reportsOf(trainer.fit(loader, { ...fixed, evaluation, ...options, steps }));
  } finally {
    features.dispose();
    loader.dispose();
    trainer.dispose();
  }
}

const stepsOf = (...path: string[]) =>
  readFileSync(at(...path), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).step);

test.each([0, 1.5, -2])('resumeStep %p is no step', async (resumeStep) => {
  await expect(train(8, { resume: true, resumeStep })).rejects.toEqual(
    usage(`resumeStep to be the step of a checkpoint`),
  );
});

test('resumeStep is for a resume', async () => {
  await expect(train(8, { resumeStep: 2 })).rejects.toEqual(usage('with resume: true, but received 2'));
});

test('a checkpoint that is not there, or damaged, is refused, and nothing is moved', async () => {
  await train(6);
  appendFileSync(join(checkpoint(4), 'networks', 'generator.safetensors'), 'x');
  const before = filesOf(at());
  const resume = (resumeStep: number) => train(8, { resume: true, resumeStep });
  await expect(resume(3)).rejects.toEqual(
    failure(
      'ERR_NO_CHECKPOINT',
      'expected a checkpoint step-000003 but has step-000002, step-000004, step-000006: choose one',
    ),
  );
  await expect(resume(4)).rejects.toEqual(failure('ERR_BAD_CHECKPOINT', checkpoint(4)));
  expect(filesOf(at())).toEqual(before);
});

test('what came later is set aside, whole, and the run goes on bit for bit from there', async () => {
  await train(8, { judged: true, keep: 0 });
  const before = filesOf(at());
  const reports = await train(8, { judged: true, keep: 0, resume: true, resumeStep: 4 });
  expect(reports.map(({ step }) => step)).toEqual([5, 6, 7, 8]);
  const aside = at('set-aside', 'after-step-000004');
  const best = existsSync(join(aside, 'best')) ? 'best, ' : '';
  expect(reports[0].notes).toEqual([
    `what came after step 4 (${best}step-000008, step-000006, and the log of it) was set aside in ${aside}`,
  ]);
  const after = filesOf(at());
  for (const [name, hash] of Object.entries(before)) {
    const moved = join('set-aside', 'after-step-000004', name);
    // Rows of evaluations tell the time, and events are of each process.
    if (/\/step-00000[68]/.test(name) || /^(metrics|evaluations)\.jsonl|^config\.json/.test(name))
      expect([name, after[moved]]).toEqual([name, hash]);
    if (/^checkpoints|^samples/.test(name)) expect([name, after[name]]).toEqual([name, hash]);
  }
  expect(stepsOf('metrics.jsonl')).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(stepsOf('set-aside', 'after-step-000004', 'metrics.jsonl')).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(stepsOf('evaluations.jsonl')).toEqual([4, 8]);
  await train(8, { keep: 0, resume: true, resumeStep: 4 });
  expect(readdirSync(at('set-aside'))).toEqual(['after-step-000004', 'after-step-000004-2']);
});

test('the newest checkpoint, named, has nothing to set aside', async () => {
  await train(4);
  const reports = await train(6, { resume: true, resumeStep: 4 });
  expect(reports.flatMap(({ notes }) => notes)).toEqual([]);
  expect(existsSync(at('set-aside'))).toBe(false);
});

test('of earlier changes those stay that held before', async () => {
  await train(2);
  await train(4, { resume: true, changes: ['a'] });
  await train(6, { resume: true, changes: ['b'] });
  await train(6, { resume: true, resumeStep: 4, changes: ['c'] });
  const changes = (...path: string[]) => JSON.parse(readFileSync(at(...path, 'config.json'), 'utf8')).changes;
  expect(changes()).toEqual(['from step 2 on: a', 'from step 4 on: c']);
  expect(changes('set-aside', 'after-step-000004')).toEqual(['from step 2 on: a', 'from step 4 on: b']);
});
