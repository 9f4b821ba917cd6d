import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main as evaluate } from '../../src/cli/evaluate';
import { main as train } from '../../src/cli/train';
import { readEvaluations } from '../../src/report/evaluations';
import { call } from './applying';
import { writeTinyMnist } from './tiny-data';

const folder = mkdtempSync(join(tmpdir(), 'seeds-'));
beforeAll(() => writeTinyMnist(folder, { count: 120, held: 60 }));
afterAll(() => rmSync(folder, { recursive: true }));

const SMALL = [
  'vae',
  '--set',
  'hidden=8',
  '--batch',
  '4',
  '--steps',
  '4',
  '--dataset',
  'mnist',
  '--data-dir',
  folder,
];

test('seeds must be different numbers, of trainings that are judged, beside no flag of one training', async () => {
  const refused = async (...flags: string[]) => {
    const { code, stderr } = await call(train, ...SMALL, '--out', join(folder, 'refused'), ...flags);
    expect(code).toBe(2);
    return stderr;
  };
  expect(await refused('--seeds', '1,1')).toContain(
    '--seeds expects different whole numbers with commas between',
  );
  expect(await refused('--seeds', '1,x')).toContain('but got "1,x": try --seeds 1,2,3');
  expect(await refused('--seeds', '1,2', '--seed', '3')).toContain(
    '--seeds is of several trainings, but --seed is of one',
  );
  expect(await refused('--seeds', '1,2')).toContain('nothing is judged: add --eval-every');
  expect(existsSync(join(folder, 'refused'))).toBe(false);
});

test('a class that the data set has not is refused before anything is trained', async () => {
  const { code, stderr } = await call(train, ...SMALL, '--set', 'normal=12', '--out', join(folder, 'none'));
  expect({ code, stderr }).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('normal=12 expects a class of mnist'),
  });
  expect(await call(train, ...SMALL, '--set', 'normal=!', '--out', join(folder, 'none'))).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--set normal expects all, a class by its name or number, or !CLASS'),
  });
});

test('each seed has a run of its own that is judged, and mean and deviation are told', async () => {
  const out = join(folder, 'runs');
  const flags = ['--set', 'normal=!3', '--seeds', '4,5', '--out', out, '--json'];
  const { code, stdout } = await call(train, ...SMALL, ...flags);
  expect(code).toBe(0);
  const end = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  const rows = ['seed-4', 'seed-5'].map((name) =>
    readEvaluations(join(out, name, 'evaluations.jsonl')).at(-1),
  );
  const [a, b] = rows.map((row) => row?.metrics.auroc ?? Number.NaN);
  const { mean, deviation, values } = end.metrics.auroc;
  expect(values).toEqual([a, b]);
  expect(mean).toBeCloseTo((a + b) / 2, 12);
  expect(deviation).toBeCloseTo(Math.abs(a - b) / Math.SQRT2, 12);
  expect(rows[0]?.protocol).toMatchObject({ normal: '!3', realCount: 60, heldOut: 0 });
});

test('a model that has learned all classes is not judged by what it has not learned', async () => {
  const out = join(folder, 'all');
  expect(await call(train, ...SMALL, '--out', out)).toMatchObject({
    code: 0,
    stdout: expect.not.stringContaining('threshold'),
  });
  expect(await call(evaluate, '--checkpoint', out, '--metrics', 'auroc')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('this model has learned all: train one with --set normal=CLASS'),
  });
});

test('a model whose images go in is judged by its scores where nobody says by what', async () => {
  const out = join(folder, 'encoder');
  const set = ['--set', 'normal=3', '--set', 'width=4', '--set', 'latentSize=4', '--set', 'heldOut=0.2'];
  const data = ['--dataset', 'mnist', '--data-dir', folder, '--steps', '2', '--batch', '4'];
  expect(await call(train, 'ganomaly', ...set, ...data, '--out', out)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/threshold {2}.* by 2 images of mnist \(normal 3\), held out/),
  });
  const { code, stdout } = await call(evaluate, '--checkpoint', out);
  expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('AUROC') });
  expect(await call(evaluate, '--checkpoint', out, '--metrics', 'fid')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('fid is of images that are made'),
  });
});
