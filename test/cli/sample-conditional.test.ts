import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main as evaluate } from '../../src/cli/evaluate';
import { main } from '../../src/cli/sample';
import { main as train } from '../../src/cli/train';
import { readPng } from '../../src/io/png';
import { readSafetensors } from '../../src/io/safetensors';
import { FakeHost } from './fakes';
import { tinyMnist, writeTinyMnist } from './tiny-data';

let folder: string;
let run: string;
let announced: string;
const start = process.cwd();
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sample-'));
  run = join(folder, 'run');
  writeTinyMnist(folder);
  const data = tinyMnist(folder);
  const model = ['--set', 'width=4', '--set', 'latentSize=5', '--device', 'cpu', '--precision', 'fp32'];
  const host = new FakeHost();
  const code = await train(['cgan', ...data, ...model, '--steps', '2', '--out', run], host);
  if (code !== 0) throw new Error(host.stderr.text);
  announced = host.stderr.text;
  process.chdir(folder);
});
afterAll(() => {
  process.chdir(start);
  rmSync(folder, { recursive: true });
});

async function call(...argv: string[]) {
  const host = new FakeHost();
  const code = await main(['--checkpoint', run, '--device', 'cpu', ...argv], host);
  return { code, stdout: host.stdout.text, stderr: host.stderr.text };
}

async function images(...argv: string[]) {
  const file = join(folder, 'raw.safetensors');
  const { code, stderr } = await call('--raw', file, '--quiet', ...argv);
  expect([code, stderr]).toEqual([0, '']);
  const { shape, bytes } = (await readSafetensors(file)).records.images;
  const size = bytes.length / shape[0];
  return Array.from({ length: shape[0] }, (_, i) => String(bytes.subarray(i * size, (i + 1) * size)));
}

test('a conditional training begins with how many images each class has', () => {
  expect(announced).toMatch(/^classes {4}0: \d+, 1: \d+, .*9: \d+$/m);
});

test('without a label every class gets a row, of the columns asked for', async () => {
  const { code, stdout } = await call('--columns', '3');
  expect([code, stdout]).toEqual([0, 'picture grid.png\n']);
  const classes = 10;
  expect(await readPng('grid.png')).toMatchObject({ width: 3 * 18 + 2, height: classes * 18 + 2 });
  expect(await images()).toHaveLength(8 * classes);
});

test('--out DIR/ has a sub-folder for each class, and none with --label', async () => {
  expect((await call('--out', 'rows/')).code).toBe(0);
  const classes = Array.from({ length: 10 }, (_, i) => String(i));
  expect(readdirSync('rows').sort()).toEqual(classes);
  // A row of eight for each class.
  expect(readdirSync('rows/1').sort()).toEqual(
    Array.from({ length: 8 }, (_, i) => `${String(8 + i).padStart(5, '0')}.png`),
  );

  expect((await call('--out', 'drawn/', '--count', '12', '--seed', '3')).code).toBe(0);
  const drawn = readdirSync('drawn', { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.png'),
  );
  expect(drawn.map((name) => name.split('/')[1]).sort()).toHaveLength(12);
  const label = drawn.find((name) => name.endsWith('/00000.png'))?.split('/')[0] ?? '';
  const alone = ['--count', '12', '--seed', '3', '--label', label];
  expect((await call('--out', 'alone/', ...alone)).code).toBe(0);
  expect(readFileSync('alone/00000.png')).toEqual(readFileSync(`drawn/${label}/00000.png`));

  expect((await call('--out', 'threes/', '--count', '2', '--label', '3')).code).toBe(0);
  expect(readdirSync('threes').sort()).toEqual(['00000.png', '00001.png']);
});

test('--label gives images of one class, --truncation others of the same seed', async () => {
  const three = await images('--label', '3', '--count', '2');
  expect(three).toHaveLength(2);
  expect(await images('--label', '3', '--count', '2')).toEqual(three);
  expect(await images('--label', '4', '--count', '2')).not.toEqual(three);
  expect(await images('--label', '3', '--count', '2', '--truncation', '0.1')).not.toEqual(three);
});

test('--interpolate writes walk.gif, or a picture where one is named', async () => {
  const { code, stdout } = await call('--interpolate', '1:2', '--frames', '4');
  expect([code, stdout]).toEqual([0, 'picture walk.gif\n']);
  const gif = readFileSync('walk.gif');
  expect([gif.subarray(0, 6).toString(), gif.readUInt16LE(6), gif.readUInt16LE(8)]).toEqual([
    'GIF89a',
    128,
    128,
  ]);
  await call('--interpolate', '1:2', '--frames', '4', '--out', 'way.png', '--columns', '4');
  expect(await readPng('way.png')).toMatchObject({ width: 4 * 18 + 2, height: 18 + 2 });
  expect(await images('--interpolate', '1:2', '--frames', '4', '--label', '2')).toHaveLength(4);
});

test('--grid-sweep draws rows of the classes', async () => {
  await call('--grid-sweep', '--out', 'sweep.png');
  expect(await readPng('sweep.png')).toMatchObject({ width: 10 * 18 + 2, height: 5 * 18 + 2 });
});

test.each<[string[], RegExp]>([
  [['--label', '10'], /--label expects a class from 0 to 9, but got 10/],
  [['--label', 'dog'], /--label expects a class from 0 to 9, but got dog/],
  [['--interpolate', '1-2'], /--interpolate expects two seeds A:B, but got "1-2": try --interpolate 1:2/],
  [['--interpolate', '1:2', '--grid-sweep'], /--interpolate and --grid-sweep each say what to draw/],
  [['--frames', '5'], /--frames belongs to --interpolate/],
  [['--grid-sweep', '--count', '5'], /--grid-sweep says how many images there are: leave --count out/],
  [['--grid-sweep', '--label', '5'], /--grid-sweep says of what classes the images are/],
  [['--truncation', '0.001'], /--truncation expects a number from 0\.01 to 1000, or 0/],
  [['--truncation', '0'], /--truncation 0 is of models with an intermediate latent w, .*: give one above 0/],
  [['--latents', 'a', '--truncation', '1'], /--truncation belongs to latents that are drawn/],
])('%j is refused in one line', async (argv, message) => {
  const { code, stdout, stderr } = await call(...argv);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(message);
  expect(stderr.match(/\n/g)).toHaveLength(1);
});

test('evaluations refuse to truncate images that have no latents', async () => {
  const host = new FakeHost();
  const code = await evaluate(['--images', 'test', '--dataset', 'mnist', '--truncation', '0.5'], host);
  expect([code, host.stderr.text]).toEqual([2, expect.stringContaining('--truncation is of latents')]);
});
