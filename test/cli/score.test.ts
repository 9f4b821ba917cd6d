import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main as evaluate } from '../../src/cli/evaluate';
import { main as score } from '../../src/cli/score';
import { main as train } from '../../src/cli/train';
import { digits } from '../../src/data/digits';
import { readPng, writePng } from '../../src/io/png';
import { call, draw, trainOne } from './applying';

const folder = mkdtempSync(join(tmpdir(), 'score-'));
const run = join(folder, 'run');
let place = 0;
const at = (...parts: string[]) => join(folder, `test-${place}`, ...parts);
afterEach(() => {
  place++;
});
afterAll(() => rmSync(folder, { recursive: true }));

const SMALL = ['--set', 'hidden=40', '--set', 'latentSize=6', '--resolution', '28', '--batch', '32'];

beforeAll(async () => {
  const settings = ['--dataset', 'digits', '--set', 'normal=1', '--set', 'heldOut=0.05', '--seed', '3'];
  const trained = await call(train, 'vae', ...SMALL, ...settings, '--steps', '150', '--out', run);
  expect(trained).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/threshold {2}\d.*5 % false alarms/),
  });
  expect(trained.stdout).toMatch(/learned {4}\d.* % of the learned images lie above it/);
}, 120_000);

/** Writes drawn digits as pictures named for what they show. */
async function drawDigits(target: string, count: number): Promise<void> {
  const set = await digits({ resolution: 28, seed: 1, count });
  for (let i = 0; i < count; i++) {
    const pixels = await set.images([i]);
    await draw(join(target, `${set.labels?.[i]}-${i}.png`), 28, 28);
    await writePng(join(target, `${set.labels?.[i]}-${i}.png`), {
      width: 28,
      height: 28,
      channels: 1,
      pixels,
    });
  }
}

const rowsOf = (stdout: string) =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

test('a training leaves its threshold for the report', () => {
  const { threshold, learnedAbove, step } = JSON.parse(readFileSync(join(run, 'threshold.json'), 'utf8'));
  expect([step, threshold > 0]).toEqual([150, true]);
  // What is learned scores as what was held out of it, about.
  expect(learnedAbove).toBeLessThan(0.15);
  expect(readFileSync(join(run, 'report.html'), 'utf8')).toContain('Learned images above it');
});

describe('score refuses', () => {
  test('a call without its paths, or with paths that hold nothing', async () => {
    expect(await call(score)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--checkpoint expects'),
    });
    expect(await call(score, '--checkpoint', run)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--in expects a path'),
    });
    expect(await call(score, '--checkpoint', run, '--in', at('none'))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('expected images, but there is nothing'),
    });
    expect(await call(score, '--checkpoint', run, '--in', 'x', '--false-alarms', '2')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--false-alarms expects a number from 0 to 1'),
    });
  });

  test('a model that does not tell how unusual an image is', async () => {
    await draw(at('a.png'), 16, 16);
    const mlp = await trainOne(at('mlp'), 'mlp');
    expect(await call(score, '--checkpoint', mlp, '--in', at('a.png'))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('a model that does not tell how unusual an image is'),
    });
  });

  test('images that are smaller than those that were learned, in one line', async () => {
    await draw(at('small.png'), 20, 30);
    expect(await call(score, '--checkpoint', run, '--in', at('small.png'))).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('this model takes images of at least 28×28'),
    });
    const skipping = ['--checkpoint', run, '--in', at('small.png'), '--on-bad-image', 'skip'];
    expect(await call(score, ...skipping)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/error: no image of --in can be used; the first: .*small\.png has 20×30/),
    });
  });

  test('what would take the place of an image or a mask', async () => {
    const image = at('in', 'a.png');
    const mask = at('masks', 'a.png');
    await draw(image, 28, 28);
    await draw(mask, 28, 28);
    symlinkSync(at('in'), at('link'));
    const kept = [readFileSync(image), readFileSync(mask)];
    const refused = [
      ['--in', at('in'), '--masks', at('masks'), '--maps', at('masks')],
      ['--in', at('in'), '--masks', at('masks'), '--out', mask],
      ['--in', at('in'), '--out', image],
      ['--in', at('in'), '--maps', at('link')],
      ['--in', image, '--maps', at('in')],
    ];
    for (const flags of refused)
      expect(await call(score, '--checkpoint', run, ...flags)).toMatchObject({
        code: 2,
        stdout: '',
        stderr: expect.stringMatching(/would (overwrite the (image|mask)|lie among the images)/),
      });
    expect([readFileSync(image), readFileSync(mask)]).toEqual(kept);
  });

  test('maps among the images, and masks of no image, or of another size', async () => {
    await draw(at('in', 'a.png'), 28, 28);
    await draw(at('masks', 'b.png'), 28, 28);
    const scored = ['--checkpoint', run, '--in', at('in')];
    expect(await call(score, ...scored, '--maps', at('in', 'maps'))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('maps would lie among the images'),
    });
    expect(await call(score, ...scored, '--masks', at('masks'))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('holds no mask of an image of --in: expected a.png'),
    });
    await draw(at('masks', 'a.png'), 28, 30);
    expect(await call(score, ...scored, '--masks', at('masks'))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('expected a mask of the image’s size'),
    });
    expect(await call(score, ...scored, '--masks', at('in'))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('holds no images but those of --masks'),
    });
  });
});

describe('score', () => {
  test('tells a row for each image, and finds other digits above the threshold that is kept', async () => {
    await drawDigits(at('in'), 60);
    const { code, stdout, stderr } = await call(
      score,
      '--checkpoint',
      run,
      '--in',
      at('in'),
      '--json',
      '--out',
      at('rows.jsonl'),
    );
    expect(code).toBe(0);
    expect(stderr).toMatch(/^after loading: [\d.]+ images\/s, opened and scored$/m);
    const rows = rowsOf(stdout);
    const end = rows.pop();
    expect(rows).toHaveLength(60);
    expect(end).toMatchObject({
      event: 'end',
      images: 60,
      imagesPerSecond: expect.any(Number),
      falseAlarms: 0.05,
      of: expect.stringMatching(/digits \(normal 1\), held out/),
    });
    for (const row of rows) expect(row.above).toBe(row.score > end.threshold);
    const ofOnes = rows.filter(({ file }) => file.startsWith('1'));
    const share = (some: { above: boolean }[]) => some.filter(({ above }) => above).length / some.length;
    expect(share(rows.filter((row) => !ofOnes.includes(row)))).toBeGreaterThan(0.8);
    expect(share(ofOnes)).toBeLessThan(0.5);
    expect(readFileSync(at('rows.jsonl'), 'utf8').trim().split('\n')).toHaveLength(60);
    // What was kept stays: the data set is not read again.
    const known = await call(
      score,
      '--checkpoint',
      run,
      '--in',
      at('in'),
      '--json',
      '--dataset',
      'folder:nowhere',
    );
    expect(rowsOf(known.stdout).at(-1).threshold).toBe(end.threshold);
  });

  test('scores an image as it does beside others, at another size, and in batches of any size', async () => {
    await drawDigits(at('in'), 7);
    const scores = async (...more: string[]) => {
      const { stdout } = await call(score, '--checkpoint', run, '--json', ...more);
      return Object.fromEntries(
        rowsOf(stdout)
          .filter(({ event }) => event === 'image')
          .map(({ file, score: value }) => [file, value]),
      );
    };
    const all = await scores('--in', at('in'));
    const parts = await scores('--in', at('in'), '--batch', '2');
    for (const [file, value] of Object.entries<number>(all)) expect(parts[file] / value).toBeCloseTo(1, 4);
    const [file] = Object.keys(all);
    expect((await scores('--in', at('in', file)))[file] / all[file]).toBeCloseTo(1, 4);
  });

  test('draws maps of the images’ names and sizes, and leaves bad files out where asked', async () => {
    await draw(at('in', 'wide.png'), 40, 90);
    await draw(at('in', 'inner', 'tall.png'), 56, 28);
    writeFileSync(at('in', 'broken.png'), 'no picture');
    const { code, stderr } = await call(
      score,
      ...['--checkpoint', run, '--in', at('in'), '--maps', at('maps'), '--on-bad-image', 'skip'],
    );
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('broken.png is not a readable image'),
    });
    expect(readdirSync(at('maps'), { recursive: true }).sort()).toEqual([
      'inner',
      'inner/tall.png',
      'wide.png',
    ]);
    const wide = await readPng(at('maps', 'wide.png'));
    expect(wide).toMatchObject({ height: 40, width: 90, channels: 3 });
    // What was cut off was not seen: it is black, and the middle is not.
    const row = wide.pixels.subarray(20 * 90 * 3, 21 * 90 * 3);
    expect(row.subarray(0, 25 * 3).every((value) => value === 0)).toBe(true);
    expect(row.subarray(30 * 3, 60 * 3).some((value) => value > 0)).toBe(true);
    expect(await readPng(at('maps', 'inner', 'tall.png'))).toMatchObject({ height: 56, width: 28 });
  });

  test('draws for an image what its place among the files says, whatever the batch and what is left out', async () => {
    const small = '--set width=4 --set latentSize=4 --set searchSteps=2 --resolution 32'.split(' ');
    const data = ['--dataset', 'digits', '--batch', '8', '--steps', '20', '--set', 'lr=0.01'];
    const searching = at('anogan');
    expect((await call(train, 'anogan', ...small, ...data, '--out', searching)).code).toBe(0);
    for (const name of ['0.png', '2.png', '3.png', '5.png']) await draw(at('in', name), 32, 32);
    for (const name of ['1.png', '4.png']) writeFileSync(at('in', name), 'no picture');
    const scores = async (batch: number) => {
      const flags = ['--in', at('in'), '--on-bad-image', 'skip', '--batch', String(batch), '--json'];
      const { stdout } = await call(score, '--checkpoint', searching, ...flags);
      return rowsOf(stdout).flatMap(({ event, score: value }) => (event === 'image' ? [value] : []));
    };
    const [whole, ...others] = [await scores(6), await scores(1), await scores(4)];
    expect(whole).toHaveLength(4);
    // The images are alike: what is drawn for each is not.
    expect(Math.abs(whole[0] / whole[1] - 1)).toBeGreaterThan(1e-4);
    for (const other of others)
      for (const [i, value] of other.entries()) expect(value / whole[i]).toBeCloseTo(1, 5);
  });

  test('judges images and pixels by masks', async () => {
    const ones = { width: 28, height: 28, channels: 1 } as const;
    await drawDigits(at('in'), 40);
    const marked = Uint8Array.from({ length: 28 * 28 }, (_, i) => (i % 28 > 20 ? 255 : 0));
    for (const name of readdirSync(at('in')).filter((file) => !file.startsWith('1'))) {
      const { pixels } = await readPng(at('in', name));
      // A bright bar is what does not belong.
      await writePng(at('in', name), {
        ...ones,
        pixels: pixels.map((value, i) => Math.max(value, marked[i])),
      });
      await draw(at('masks', name), 28, 28);
      await writePng(at('masks', name), { ...ones, pixels: marked });
    }
    const { code, stdout } = await call(
      score,
      '--checkpoint',
      run,
      '--in',
      at('in'),
      '--masks',
      at('masks'),
      '--json',
    );
    expect(code).toBe(0);
    const { images, judged } = rowsOf(stdout).at(-1);
    expect(images).toBe(40);
    expect(judged.images.auroc.value).toBeGreaterThan(0.9);
    expect(judged.pixels.auroc.value).toBeGreaterThan(0.8);
    expect(judged.pixels.falseAlarmsAt95.value).toBeLessThan(1);
    // Masks among the images are not scored as normal ones.
    renameSync(at('masks'), at('in', 'masks'));
    const inside = ['--in', at('in'), '--masks', at('in', 'masks'), '--json'];
    const among = rowsOf((await call(score, '--checkpoint', run, ...inside)).stdout).at(-1);
    expect(among).toMatchObject({ images: 40, judged });
  });
});

test('images that are all unusual have a threshold, and no AUROC but by pixels', async () => {
  await drawDigits(at('in'), 4);
  const half = Uint8Array.from({ length: 28 * 28 }, (_, i) => (i % 28 > 20 ? 255 : 0));
  for (const name of readdirSync(at('in'))) {
    await draw(at('masks', name), 28, 28);
    await writePng(at('masks', name), { width: 28, height: 28, channels: 1, pixels: half });
  }
  const paths = ['--in', at('in'), '--masks', at('masks')];
  const { code, stdout, stderr } = await call(score, '--checkpoint', run, '--json', ...paths);
  expect([code, stderr]).toEqual([
    0,
    expect.stringContaining('no AUROC by images: by --masks all images are'),
  ]);
  // Averages were not asked for, and are not missed.
  expect(stderr).not.toContain('averaged weights');
  const { threshold, judged } = rowsOf(stdout).at(-1);
  expect([threshold > 0, Object.keys(judged)]).toEqual([true, ['pixels']]);
});

describe('evaluate', () => {
  test('judges all classes of the test split, beside the distance to the mean image', async () => {
    const { code, stdout } = await call(
      evaluate,
      '--checkpoint',
      run,
      '--metrics',
      'auroc',
      '--real-count',
      '500',
      '--json',
    );
    expect(code).toBe(0);
    const { metrics, protocol } = rowsOf(stdout).at(-1);
    expect(metrics.auroc).toBeGreaterThan(0.9);
    expect(metrics.aurocOfMean).toBeGreaterThan(0.5);
    expect(metrics.averagePrecision).toBeGreaterThan(0.9);
    expect(protocol).toMatchObject({
      split: 'test',
      normal: '1',
      realCount: 500,
      score: expect.stringContaining('G(mean of z)'),
    });
    expect(existsSync(join(run, 'evaluations.jsonl'))).toBe(true);
  });

  test('refuses auroc of a model without scores', async () => {
    const mlp = await trainOne(at('mlp'), 'mlp');
    expect(await call(evaluate, '--checkpoint', mlp, '--metrics', 'auroc')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('does not tell how unusual an image is'),
    });
  });
});
