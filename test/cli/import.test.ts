import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSafetensors } from '../../src';
import { main as evaluate } from '../../src/cli/evaluate';
import { main } from '../../src/cli/import';
import { main as sample } from '../../src/cli/sample';
import { main as train } from '../../src/cli/train';
import { writePng } from '../../src/io/png';
import { writeSafetensors } from '../../src/io/safetensors';
import { tensorsToRecords } from '../../src/io/tensors';
import { load } from '../../src/recipes';
import { writeReport } from '../../src/report/page/write-report';
import { scope } from '../../src/tensor/scope';
import { expectClose } from '../support/close';
import { readFixture } from '../support/fixtures';
import { FakeHost } from './fakes';

let folder: string;
const at = (...parts: string[]) => join(folder, ...parts);
const official = (name: string) => join(__dirname, '../fixtures/training', name);
const stateDict = (name: string) => join(__dirname, '../fixtures/io/state-dict', `${name}.pth`);

async function run(command: typeof main, ...argv: string[]) {
  const host = new FakeHost();
  const code = await command(argv, host);
  return { code, stdout: host.stdout.text, stderr: host.stderr.text };
}

const SIZES = ['--recipe', 'dcgan', '--resolution', '64', '--set', 'width=4'];
const importing = (file: string, out: string, ...more: string[]) =>
  run(main, '--weights', file, ...SIZES, '--out', at(out), ...more);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'import-'));
  expect((await importing(official('official_dcgan_g.pth'), 'g')).code).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('import ends with one line and leaves nothing', () => {
  const file = official('official_dcgan_g.pth');
  test.each<[string, string[], number, RegExp]>([
    ['without weights', [], 2, /^error: --weights expects a file, but got nothing/],
    ['without a recipe', ['--weights', file], 2, /^error: --recipe expects whose networks they are/],
    ['without a folder', ['--weights', file, '--recipe', 'dcgan'], 2, /^error: --out expects the folder/],
    [
      'of no recipe',
      ['--weights', file, '--recipe', 'dcgn', '--out', 'x'],
      2,
      /"dcgn" is no recipe: did you mean dcgan/,
    ],
    [
      'of no file',
      ['--weights', 'none.pth', ...SIZES, '--out', 'x'],
      1,
      /^error: cannot read none\.pth: there is no such/,
    ],
    [
      'of a size that cannot be',
      ['--weights', file, ...SIZES, '--resolution', '20', '--out', 'x'],
      2,
      /--resolution 20/,
    ],
    [
      'of a field that is none',
      ['--weights', file, ...SIZES, '--set', 'widht=4', '--out', 'x'],
      2,
      /did you mean width/,
    ],
    [
      'of a key that is none',
      ['--weights', file, ...SIZES, '--key', 'netX', '--out', 'x'],
      1,
      /expected an entry "netX"/,
    ],
    [
      'of too many classes',
      ['--weights', file, ...SIZES, '--classes', '99999', '--out', 'x'],
      2,
      /at most 10000/,
    ],
    ['of a class twice', ['--weights', file, ...SIZES, '--classes', 'cat,cat', '--out', 'x'], 2, /cat twice/],
    [
      'of a network that is none',
      ['--weights', `${file}:critic`, ...SIZES, '--out', 'x'],
      2,
      /expected one of the networks/,
    ],
    [
      'of a call of a shell',
      ['--weights', stateDict('command'), ...SIZES, '--out', 'x'],
      1,
      /^error: bad state dict file .*command\.pth: its pickle names "posix\.system"/,
    ],
    [
      'of weights that fit nowhere',
      ['--weights', stateDict('network'), ...SIZES, '--out', 'x'],
      1,
      /^error: nothing in .*network\.pth fits: expected tensors of generator \(0\.weight \[100, 32, 4, 4\]/,
    ],
    [
      'of other sizes',
      ['--weights', file, '--recipe', 'dcgan', '--out', 'x'],
      1,
      /^error: nothing in .* but it has main\.0\.weight \[100, 32, 4, 4\]/,
    ],
    [
      'of the discriminator alone',
      ['--weights', official('official_dcgan.pth'), '--key', 'netD', ...SIZES, '--out', 'x'],
      1,
      /has weights of discriminator, but it is generator that makes images/,
    ],
  ])('%s', async (_, argv, exit, message) => {
    const { code, stdout, stderr } = await run(main, ...argv);
    expect([code, stdout]).toEqual([exit, '']);
    expect(stderr).toMatch(message);
    expect(stderr.match(/\n/g)).toHaveLength(1);
    expect(existsSync('x')).toBe(false);
  });

  test('into a folder that holds a run', async () => {
    const { code, stderr } = await importing(official('official_dcgan_g.pth'), 'g');
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('holds a run already: choose another folder'),
    ]);
  });

  test('weights that are not finite', async () => {
    const bytes = new Uint8Array(new Float32Array(32).fill(Number.NaN).buffer);
    await writeSafetensors(at('broken.safetensors'), { '1.weight': { dtype: 'F32', shape: [32], bytes } });
    const { code, stderr } = await importing(at('broken.safetensors'), 'x');
    expect([code, stderr]).toEqual([1, expect.stringContaining('expected finite numbers')]);
  });
});

test('the generator of PyTorch’s example makes the images that it makes there', async () => {
  const fixture = readFixture('training/official_dcgan');
  const records = scope(() => tensorsToRecords({ latents: fixture.tensor('latents') }));
  await writeSafetensors(at('latents.safetensors'), records);
  const files = ['--latents', at('latents.safetensors'), '--raw', at('images.safetensors')];
  const { code } = await run(sample, '--checkpoint', at('g'), ...files, '--device', 'cpu');
  expect(code).toBe(0);
  const { images } = await readSafetensors(at('images.safetensors'), { device: 'cpu' });
  scope(() => expectClose(images, fixture.tensor('images').to('cpu'), { relative: 1e-5, label: 'images' }));
  images.dispose();
});

test('a report tells what fitted, under which names, and what is 0', async () => {
  const { code, stdout, stderr } = await importing(official('official_dcgan_g.pth'), 'told', '--json');
  expect([code, stdout.trim().split('\n').length]).toEqual([0, 1]);
  const { event, init, run: folderOf } = JSON.parse(stdout);
  expect([event, folderOf]).toEqual(['end', at('told')]);
  const { generator } = init.networks;
  expect(generator).toMatchObject({
    tensors: 26,
    fitted: 25,
    missing: [],
    otherShape: {},
    zeroed: ['12.bias'],
  });
  expect(generator.renamed['12.weight']).toBe('main.12.weight');
  expect(Object.keys(generator.renamed)).toHaveLength(25);
  expect(init).toMatchObject({ step: null, unused: [], source: official('official_dcgan_g.pth') });
  expect(stderr).not.toContain('warning');
  const words = await importing(official('official_dcgan_g.pth'), 'words');
  expect(words.stdout).toMatch(
    /^fitted {3}.*official_dcgan_g\.pth: generator 25 of 26 tensors \([\d,]+ parameters\)\nrenamed {2}generator main\.0\.weight → 0\.weight, .* and 22 more\nzeros {4}generator 12\.bias, .*\nrun {6}.*words\n$/,
  );
});

test('both networks of one file find their places by what fits', async () => {
  const { code, stdout } = await importing(official('official_dcgan.pth'), 'both', '--json');
  expect(code).toBe(0);
  const { networks, unused } = JSON.parse(stdout).init;
  expect(networks.generator).toMatchObject({ fitted: 25, zeroed: ['12.bias'] });
  expect(networks.discriminator).toMatchObject({ zeroed: ['0.bias', '11.bias'], missing: [] });
  expect(unused).toEqual([]);
});

test('what was imported is a run: it loads, has a page and classes, starts a training, and is not gone on with', async () => {
  const named = await importing(official('official_dcgan_g.pth'), 'named', '--classes', 'cat,dog');
  expect(named.code).toBe(0);
  const model = await load(at('named'), { device: 'cpu' });
  expect([model.step, model.weights, model.classNames, model.specs]).toEqual([
    0,
    'live',
    ['cat', 'dog'],
    { images: { channels: 3, height: 64, width: 64, classes: 2 } },
  ]);
  model.dispose();
  await writeReport(at('g'), { commandLine: (command) => command });
  expect(existsSync(at('g', 'report.html'))).toBe(true);
  const judged = await run(evaluate, '--checkpoint', at('g'), '--count', '4');
  expect([judged.code, judged.stderr]).toEqual([2, expect.stringContaining('name the real images')]);

  for (const path of [at('g'), at('g', 'checkpoints', 'step-000000')]) {
    const resumed = await run(train, '--resume', path, '--steps', '2');
    expect([resumed.code, resumed.stderr]).toEqual([
      2,
      expect.stringMatching(/holds imported weights and no training: start one from them, --init .*\n$/),
    ]);
  }
  const begun = await beginFrom(at('g'), 'begun');
  expect([begun.code, begun.stderr]).toEqual([0, expect.stringContaining('generator 26 of 26 tensors')]);
});

test('--init takes a file of PyTorch, and tells the names that it found', async () => {
  const { code, stderr } = await beginFrom(official('official_dcgan_g.pth'), 'from-file');
  expect(code).toBe(0);
  expect(stderr).toContain('generator 25 of 26 tensors');
  expect(stderr).toMatch(/renamed {4}generator main\.0\.weight → 0\.weight, /);
  expect(stderr).toContain('warning: --init: generator starts anew with 12.bias, which the source lacks');
});

/** A step of a training that starts from weights. */
async function beginFrom(init: string, out: string) {
  const data = ['--dataset', `folder:${await pictures()}`, '--resolution', '64', '--batch', '2'];
  const how = ['--set', 'width=4', '--steps', '1', '--device', 'cpu', '--precision', 'fp32'];
  return run(train, 'dcgan', '--init', init, ...data, ...how, '--out', at(out));
}

/** A folder of a few pictures. */
async function pictures(): Promise<string> {
  const inner = at('pictures');
  mkdirSync(inner, { recursive: true });
  for (let i = 0; i < 4; i++) {
    const pixels = new Uint8Array(64 * 64 * 3).fill(60 * i);
    await writePng(join(inner, `${i}.png`), { width: 64, height: 64, channels: 3, pixels });
  }
  return inner;
}
