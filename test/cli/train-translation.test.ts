// Models that make images of images, trained by the command on folders of pictures.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main as sample } from '../../src/cli/sample';
import { main } from '../../src/cli/train';
import { readPng } from '../../src/io/png';
import { load } from '../../src/recipes';
import { rand } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { filesOf } from '../support/training';
import { FakeHost } from './fakes';
import { writeTinyDomains, writeTinyMnist, writeTinyPairs } from './tiny-data';

const { XDG_CACHE_HOME: cache } = process.env;
let folder: string;
let run: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'translation-'));
  process.env.XDG_CACHE_HOME = join(folder, 'cache');
  writeTinyPairs(join(folder, 'pairs'));
  writeTinyPairs(join(folder, 'upright'), { height: 24, width: 16 });
  writeTinyDomains(join(folder, 'domains'));
  mkdirSync(join(folder, 'nothing'));
});
beforeEach(() => {
  run = join(mkdtempSync(join(folder, 'case-')), 'run');
});
afterAll(() => {
  if (cache === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = cache;
  rmSync(folder, { recursive: true });
});

async function call(argv: readonly string[]) {
  const host = new FakeHost();
  const code = await main(argv, host);
  return { code, stdout: host.stdout.text, stderr: host.stderr.text };
}

const set = (...pairs: string[]) => pairs.flatMap((pair) => ['--set', pair]);
const exact = ['--device', 'cpu', '--precision', 'fp32', '--batch', '2', '--log-every', '1'];
const PIX2PIX = ['pix2pix', ...exact, '--resolution', '16', ...set('width=4', 'patch=16')];
const CYCLEGAN = [
  'cyclegan',
  ...exact,
  '--resolution',
  '24',
  ...set('width=2', 'blocks=1', 'patch=16', 'pool=3'),
];
const pairs = () => ['--dataset', `pairs:${join(folder, 'pairs')}`];
const domains = () => ['--dataset', `unpaired:${join(folder, 'domains')}`];

async function trained(...argv: readonly string[]): Promise<string> {
  const { code, stderr } = await call([...argv, '--out', run]);
  expect([code, stderr]).toEqual([0, expect.not.stringContaining('error')]);
  return stderr;
}

describe('a wrong call exits with 2, says what to type in one line, and leaves nothing', () => {
  test.each<[() => string[], string]>([
    [
      () => ['pix2pix'],
      '--dataset digits gives images, but pix2pix learns from pairs of images: try --dataset pairs:PATH',
    ],
    [
      () => ['cyclegan', '--dataset', 'digits'],
      'cyclegan learns from images of two domains: try --dataset unpaired:PATH, or unpaired:digits+mnist',
    ],
    [() => ['cyclegan', '--dataset', 'pairs:x'], '--dataset pairs:x gives pairs, but cyclegan learns from'],
    [() => ['dcgan', '--dataset', 'unpaired:x'], 'dcgan learns from images alone: try --dataset digits'],
    [() => ['pix2pix', '--dataset', 'pairs:'], 'pairs: needs a path, e.g. pairs:photos'],
    [() => [...PIX2PIX, ...pairs(), '--resolution', '18'], '--resolution 18: pix2pix makes images of'],
    [() => [...PIX2PIX, ...pairs(), '--resolution', '16x18'], '--resolution 16x18: pix2pix makes images of'],
    [
      () => [...CYCLEGAN, ...domains(), '--resolution', '22'],
      'any size of at least 8 whose sides 4 divides, with patch=70 of at least 24: try --resolution 20',
    ],
    [
      () => [...CYCLEGAN, ...domains(), '--resolution', '20', '--set', 'patch=70'],
      'patch=70 expects images of at least 24×24 pixels but they are of 20×20: try --set patch=34',
    ],
    [() => [...CYCLEGAN, ...domains(), '--set', 'direction=ba'], '--set direction is unknown'],
    [() => [...PIX2PIX, ...pairs(), '--set', 'direction=both'], '--set direction expects ab or ba'],
    [() => [...PIX2PIX, ...pairs(), '--load-size', '12'], '--load-size 12 expects at least the size'],
    [() => [...PIX2PIX, ...pairs(), '--channels', '5'], '--channels expects a whole number from 1 to 4'],
    [() => [...PIX2PIX, ...pairs(), '--batch', '7'], 'a batch of 7 is larger than the data set'],
  ])('%#', async (argv, message) => {
    const { code, stdout, stderr } = await call([...argv(), '--out', run]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(stderr.match(/\n/g)).toHaveLength(1);
    expect(existsSync(run)).toBe(false);
  });

  test('a set that has square images only', async () => {
    const data = ['--dataset', 'unpaired:digits+digits', '--resolution', '32x24'];
    const { code, stderr } = await call(['cyclegan', ...exact, ...data, '--out', run]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('digits has square images, but 32x24')]);
  });

  test('channels that a set does not have', async () => {
    const data = ['--dataset', 'digits', '--channels', '3'];
    const { code, stderr } = await call(['mlp', ...exact, ...data, '--out', run]);
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('digits have 1 channels, but 3 are asked for'),
    ]);
  });
});

test('a folder of another layout exits with 1 and says what is expected', async () => {
  for (const [argv, layout] of [
    [
      [...PIX2PIX, '--dataset', `pairs:${join(folder, 'nothing')}`],
      'side by side (A left, B right), or trainA and trainB',
    ],
    [
      [...CYCLEGAN, '--dataset', `unpaired:${join(folder, 'nothing')}`],
      'sub-folders are expected, trainA and trainB, or A and B',
    ],
  ] as const) {
    const { code, stderr } = await call([...argv, '--out', run]);
    expect(code).toBe(1);
    expect(stderr).toContain(layout);
    expect(stderr.match(/\n/g)).toHaveLength(1);
  }
});

describe('pix2pix', () => {
  test('learns pairs of a folder, draws what is held out, and goes on', async () => {
    const told = await trained(...PIX2PIX, ...pairs(), '--steps', '4', '--sample-every', '2');
    expect(told).toContain(`pairs:${join(folder, 'pairs')}: 6 pairs of a 3×16×16, b 3×16×16\n`);
    expect(told).toMatch(/^step 4\/4 · .* · D [\d.]+ · G [\d.]+ · /m);
    // Three held-out pairs: input, output and what should have come out of each, two of them in a row.
    const grid = join(run, 'samples', 'step-000004.png');
    expect(await readPng(grid)).toMatchObject({ width: 6 * 18 + 2, height: 2 * 18 + 2, channels: 3 });
    expect(readFileSync(grid)).not.toEqual(readFileSync(join(run, 'samples', 'step-000002.png')));
    expect(existsSync(join(run, 'report.html'))).toBe(true);
    const again = await call(['--resume', run, '--steps', '6']);
    expect([again.code, again.stderr]).toEqual([0, expect.stringMatching(/^step 6\/6 · /m)]);
  });

  test.each(['ab', 'ba'])(
    'direction=%s makes the other domain, of sizes that are not square',
    async (way) => {
      const data = ['--dataset', `pairs:${join(folder, 'upright')}`, '--resolution', '24x16'];
      await trained(...PIX2PIX, ...data, '--steps', '2', ...set(`direction=${way}`));
      const [from, to] = way;
      const model = await load(run, { device: 'cpu' });
      expect(model.specs).toMatchObject({ a: { height: 24, width: 16 }, b: { height: 24, width: 16 } });
      if (model.sampler.takes !== 'images') throw new Error('it takes no images');
      expect(model.sampler.directions).toEqual({ [way]: { by: 'generator', from, to } });
      const shape = scope(() => model.run({ images: rand([2, 3, 24, 16]).mul(2).sub(1) }).shape);
      expect(shape).toEqual([2, 3, 24, 16]);
      model.dispose();
      const { width, height } = await readPng(join(run, 'samples', 'step-000002.png'));
      expect([width, height]).toEqual([6 * 18 + 2, 2 * 26 + 2]);
    },
  );

  test('other channels, another fit, crops of larger images and mirroring reach the data', async () => {
    const more = ['--channels', '1', '--fit', 'pad', '--load-size', '20', '--augment-flip'];
    const told = await trained(...PIX2PIX, ...pairs(), ...more, '--steps', '2');
    expect(told).toContain('6 pairs of a 1×');
    const { settings } = JSON.parse(readFileSync(join(run, 'config.json'), 'utf8'));
    expect(settings).toMatchObject({ channels: 1, fit: 'pad', loadSize: 20, augmentFlip: true });
    const model = await load(run, { device: 'cpu' });
    expect(model.specs.a).toMatchObject({ channels: 1, height: 16, width: 16 });
    model.dispose();
    const plain = filesOf(join(run, 'checkpoints', 'step-000002', 'networks'));
    run = `${run}-plain`;
    await trained(...PIX2PIX, ...pairs(), ...more.slice(0, 4), '--steps', '2');
    expect(filesOf(join(run, 'checkpoints', 'step-000002', 'networks'))).not.toEqual(plain);
  });

  test('without held-out pairs it shows those it learns', async () => {
    const data = join(folder, 'no-test');
    writeTinyPairs(data, { held: 0 });
    await trained(...PIX2PIX, '--dataset', `pairs:${data}`, '--steps', '1');
    // All six pairs, two in a row.
    expect(await readPng(join(run, 'samples', 'step-000001.png'))).toMatchObject({ height: 3 * 18 + 2 });
  });

  test('sample says that its checkpoint takes images: use apply', async () => {
    await trained(...PIX2PIX, ...pairs(), '--steps', '1');
    const host = new FakeHost();
    const out = join(folder, 'never.png');
    const code = await sample(['--checkpoint', run, '--device', 'cpu', '--out', out], host);
    expect([code, host.stdout.text]).toEqual([2, '']);
    expect(host.stderr.text).toMatch(
      /step-000001 is of a model that takes images in \(ab\), .*: use apply\n$/,
    );
    expect(existsSync(out)).toBe(false);
  });
});

describe('cyclegan', () => {
  const files = (name: string) => readdirSync(join(run, 'checkpoints', 'step-000004', name)).sort();

  test('learns two domains of a folder, draws both ways and back, keeps its pools, and goes on', async () => {
    const told = await trained(...CYCLEGAN, ...domains(), '--steps', '4');
    expect(told).toMatch(/unpaired:.*: \d+ images of a 3×24×24, b 3×24×24\n/);
    // Two held-out images of each domain: a row for each direction, of input, output and the way back.
    expect(await readPng(join(run, 'samples', 'step-000004.png'))).toMatchObject({
      width: 6 * 26 + 2,
      height: 2 * 26 + 2,
      channels: 3,
    });
    expect(files('networks')).toEqual(
      ['ab', 'ba', 'judgeA', 'judgeB', 'poolA', 'poolB'].map((name) => `${name}.safetensors`),
    );
    expect(files('optimizers')).toEqual(['D.safetensors', 'G.safetensors']);
    const model = await load(run, { device: 'cpu' });
    scope(() => {
      const images = rand([1, 3, 24, 24]);
      const [ab, ba] = ['ab', 'ba'].map((direction) => model.run({ images, direction }));
      expect([ab.shape, ba.shape, ab.equal(ba)]).toEqual([[1, 3, 24, 24], [1, 3, 24, 24], false]);
    });
    model.dispose();
    expect((await call(['--resume', run, '--steps', '5', '--quiet'])).code).toBe(0);
  });

  test('two data sets that the library knows are domains, too', async () => {
    writeTinyMnist(folder, { held: 4 });
    const data = ['--dataset', 'unpaired:mnist+mnist', '--data-dir', folder, '--resolution', '24'];
    await trained(...CYCLEGAN, ...data, '--steps', '1');
    expect(existsSync(join(run, 'checkpoints', 'step-000001', 'networks', 'ab.safetensors'))).toBe(true);
  });
});
