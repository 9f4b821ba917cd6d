// What `score` makes of files is what the data set makes of the same images.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main as score } from '../../src/cli/score';
import { main as train } from '../../src/cli/train';
import { mnist } from '../../src/data/mnist';
import { readPng, writePng } from '../../src/io/png';
import { datasetImages } from '../../src/metrics/image-source';
import { load } from '../../src/recipes';
import { scoreImages } from '../../src/training/scorer';
import { turnedPng } from '../data/image-files';
import { call } from './applying';
import { writeTinyMnist } from './tiny-data';

const folder = mkdtempSync(join(tmpdir(), 'score-forms-'));
const run = join(folder, 'run');
afterAll(() => rmSync(folder, { recursive: true }));

beforeAll(async () => {
  writeTinyMnist(folder, { count: 60, held: 20 });
  const small = [
    '--set',
    'width=4',
    '--set',
    'latentSize=4',
    '--set',
    'heldOut=0.1',
    '--steps',
    '2',
    '--batch',
    '8',
  ];
  const { code } = await call(
    train,
    'ganomaly',
    ...small,
    '--dataset',
    'mnist',
    '--data-dir',
    folder,
    '--out',
    run,
  );
  expect(code).toBe(0);
  const own = await mnist({ resolution: 28, split: 'test', dataDir: folder });
  mkdirSync(join(folder, 'in'));
  for (let i = 0; i < 5; i++)
    await writePng(join(folder, 'in', `${i}.png`), {
      ...{ width: 28, height: 28, channels: 1 },
      pixels: await own.images([i]),
    });
}, 60_000);

const rowsOf = (stdout: string) =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

test('pictures of 28 pixels are padded to 32 as the set that was learned is, and their maps are of 28', async () => {
  const padded = await mnist({ resolution: 32, split: 'test', dataDir: folder });
  const flags = ['--checkpoint', run, '--in', join(folder, 'in'), '--maps', join(folder, 'maps'), '--json'];
  const { code, stdout } = await call(score, ...flags);
  expect(code).toBe(0);
  const found = rowsOf(stdout).filter(({ event }) => event === 'image');
  const model = await load(run, { scorer: true, device: 'cpu' });
  const { scorer, networks } = model;
  if (!scorer) throw new Error('no scorer');
  const expected = await scoreImages({
    scorer,
    networks: scorer.networks.map((name) => networks[name]),
    images: datasetImages(padded, { indices: Int32Array.from([0, 1, 2, 3, 4]) }),
    device: 'cpu',
  });
  model.dispose();
  for (const [i, row] of found.entries()) expect(row.score / expected[i]).toBeCloseTo(1, 5);
  expect(await readPng(join(folder, 'maps', '0.png'))).toMatchObject({ width: 28, height: 28 });
});

test('pictures in colour or with transparency are scored in the channels that were learned', async () => {
  const { pixels } = await readPng(join(folder, 'in', '0.png'));
  const forms = join(folder, 'forms');
  mkdirSync(forms);
  for (const channels of [1, 2, 3, 4] as const) {
    const alpha = channels % 2 === 0 ? [255] : [];
    const colours = Array.from({ length: channels - alpha.length }, () => 0);
    await writePng(join(forms, `${channels}.png`), {
      ...{ width: 28, height: 28, channels },
      pixels: Uint8Array.from([...pixels].flatMap((value) => [...colours.map(() => value), ...alpha])),
    });
  }
  const { code, stdout } = await call(score, '--checkpoint', run, '--in', forms, '--json');
  expect(code).toBe(0);
  const scores = rowsOf(stdout).flatMap((row) => (row.event === 'image' ? [row.score] : []));
  expect(scores).toHaveLength(4);
  for (const found of scores) expect(found / scores[0]).toBeCloseTo(1, 5);
});

test('pictures that lie on their side get the scores and the maps that they have upright', async () => {
  const turned = join(folder, 'turned');
  mkdirSync(turned);
  const { pixels } = await readPng(join(folder, 'in', '0.png'));
  const upright = Array.from({ length: 28 }, (_, y) => [...pixels.subarray(28 * y, 28 * (y + 1))]);
  for (const orientation of [1, 2, 3, 4, 5, 6, 7, 8])
    writeFileSync(join(turned, `${orientation}.png`), turnedPng(upright, orientation));
  const maps = join(folder, 'turned-maps');
  const { code, stdout } = await call(score, '--checkpoint', run, '--in', turned, '--maps', maps, '--json');
  expect(code).toBe(0);
  const scores = rowsOf(stdout).flatMap((row) => (row.event === 'image' ? [row.score] : []));
  expect(scores).toHaveLength(8);
  for (const found of scores) expect(found / scores[0]).toBeCloseTo(1, 5);
  const [first, ...others] = await Promise.all(
    [1, 2, 3, 4, 5, 6, 7, 8].map((orientation) => readPng(join(maps, `${orientation}.png`))),
  );
  for (const other of others) expect(other).toEqual(first);
});

test('a run without its data and without what it kept tells scores, and why there is no threshold', async () => {
  const flags = ['--checkpoint', run, '--in', join(folder, 'in'), '--json', '--weights', 'live'];
  expect(rowsOf((await call(score, ...flags)).stdout).at(-1)).toMatchObject({
    threshold: expect.any(Number),
  });
  rmSync(join(run, 'checkpoints', 'step-000002', 'normal-scores-live.json'));
  const { code, stdout, stderr } = await call(
    score,
    ...flags,
    '--dataset',
    `folder:${join(folder, 'nowhere')}`,
  );
  expect(code).toBe(0);
  expect(stderr).toContain('warning: no threshold:');
  const [first] = rowsOf(stdout);
  expect(first).toMatchObject({ event: 'image', file: '0.png', score: expect.any(Number) });
  expect(first).not.toHaveProperty('above');
});
