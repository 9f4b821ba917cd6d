import { existsSync, linkSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from '../../src/cli/sample';
import { main as train } from '../../src/cli/train';
import { readPng } from '../../src/io/png';
import { readSafetensors, type TensorRecord, writeSafetensors } from '../../src/io/safetensors';
import { FakeHost } from './fakes';
import { tinyMnist, writeTinyMnist } from './tiny-data';

const LATENT = 8;

let folder: string;
let run: string;
const start = process.cwd();
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sample-'));
  run = join(folder, 'run');
  writeTinyMnist(folder);
  const data = [...tinyMnist(folder), '--device', 'cpu'];
  const model = ['--set', 'width=4', '--set', `latentSize=${LATENT}`];
  const schedule = ['--steps', '4', '--checkpoint-every', '2', '--quiet', '--out', run];
  const host = new FakeHost();
  const code = await train(['dcgan', ...data, ...model, ...schedule], host);
  if (code !== 0) throw new Error(host.stderr.text);
  process.chdir(folder);
});
afterAll(() => {
  process.chdir(start);
  rmSync(folder, { recursive: true });
});

async function call(...argv: string[]) {
  const host = new FakeHost();
  const code = await main(['--device', 'cpu', ...argv], host);
  return { code, stdout: host.stdout.text, stderr: host.stderr.text };
}

/** Float32 values as a record. */
function floats(shape: number[], value = (index: number) => Math.sin(index)): TensorRecord {
  const size = shape.reduce((product, dimension) => product * dimension, 1);
  const bytes = new Uint8Array(Float32Array.from({ length: size }, (_, index) => value(index)).buffer);
  return { dtype: 'F32', shape, bytes };
}

async function images(...argv: string[]): Promise<TensorRecord> {
  const file = join(folder, 'raw.safetensors');
  const { code, stderr } = await call('--checkpoint', run, '--raw', file, '--quiet', ...argv);
  expect([code, stderr]).toEqual([0, '']);
  return (await readSafetensors(file)).records.images;
}

describe('a wrong call exits with 2 and says why in one line', () => {
  test.each<[string[], RegExp]>([
    [[], /--checkpoint expects a run directory, but got nothing: try --checkpoint runs\/NAME/],
    [['--count', '0'], /--count expects a whole number from 1 to 100000, but got "0"/],
    [['--seed', '-1'], /--seed expects a whole number of at least 0, but got "-1"/],
    [['--weights', 'emma'], /--weights expects ema or live, but got "emma"/],
    [['--device', 'gpu'], /--device expects auto, cpu, cuda or cuda:N, but got "gpu"/],
    [['--columns', '0'], /--columns expects a whole number of at least 1/],
    [['--chekpoint', 'a'], /--chekpoint is no flag of sample: did you mean --checkpoint\?/],
    [['runs/a'], /too many arguments/],
    [
      ['--checkpoint', 'a', '--out', 'my dir/x.jpg'],
      /--out 'my dir\/x.jpg': pictures are written as PNG, animations as GIF: try --out 'my dir\/x.png'/,
    ],
    [['--checkpoint', 'a', '--out', '-'], /--out expects a path, but got -, .*: try --out grid.png/],
    [
      ['--checkpoint', 'a', '--seed', '3', '--interpolate', '1:2'],
      /--interpolate names seeds .* leave --seed/,
    ],
    [
      ['--checkpoint', 'a', '--seed', '3', '--mix', '1,2:5-6'],
      /--mix names seeds of its own: leave --seed out/,
    ],
    [
      ['--checkpoint', 'a', '--seed', '3', '--latents', 'a.safetensors'],
      /--latents gives them: leave it out/,
    ],
  ])('%j', async (argv, message) => {
    const { code, stdout, stderr } = await call(...argv);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
    expect(stderr.match(/\n/g)).toHaveLength(1);
  });

  test('a label for a model without labels', async () => {
    const { code, stderr } = await call('--checkpoint', run, '--label', '3', '--out', 'labelled.png');
    expect(code).toBe(2);
    expect(stderr).toMatch(/--label: this model was trained without labels: leave it out/);
    expect(existsSync('labelled.png')).toBe(false);
  });

  test('a count that the latents contradict', async () => {
    await writeSafetensors('three.safetensors', { latents: floats([3, LATENT]) });
    const { code, stderr } = await call(
      '--checkpoint',
      run,
      '--latents',
      'three.safetensors',
      '--count',
      '4',
    );
    expect(code).toBe(2);
    expect(stderr).toMatch(/--count 4 but --latents has 3: leave --count out/);
  });
});

describe('what cannot be used exits with 1 and names the file', () => {
  test('a folder that is no run', async () => {
    const { code, stderr } = await call('--checkpoint', 'nowhere');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: nowhere .*\n$/);
  });

  test.each<[string, Record<string, TensorRecord>, RegExp]>([
    ['no tensor', {}, /expected one tensor "latents", but it holds nothing/],
    ['another tensor', { z: floats([2, LATENT]) }, /expected one tensor "latents", but it holds z/],
    ['latents too short', { latents: floats([2, 7]) }, /expected latents F32 \[N, 8\], but got F32 \[2, 7\]/],
    ['no latents', { latents: floats([0, LATENT]) }, /but got F32 \[0, 8\]/],
    ['one dimension', { latents: floats([LATENT]) }, /but got F32 \[8\]/],
    [
      'NaN',
      { latents: floats([3, LATENT], (i) => (i === 2 * LATENT + 1 ? Number.NaN : 0)) },
      /expected finite latents, but row 2 holds NaN/,
    ],
    ['bytes', { latents: { dtype: 'U8', shape: [1, 8], bytes: new Uint8Array(8) } }, /but got U8 \[1, 8\]/],
  ])('a file of latents with %s', async (_, records, message) => {
    await writeSafetensors('bad.safetensors', records);
    const { code, stderr } = await call('--checkpoint', run, '--latents', 'bad.safetensors');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: bad\.safetensors: /);
    expect(stderr).toMatch(message);
  });

  test('a file of latents that is no safetensors file', async () => {
    writeFileSync('text.safetensors', 'hello, latents');
    const { code, stderr } = await call('--checkpoint', run, '--latents', 'text.safetensors');
    expect(code).toBe(1);
    expect(stderr).toMatch(/bad safetensors file text\.safetensors/);
  });

  test('a picture where no folder can be made, before the model is looked for', async () => {
    writeFileSync('taken', '');
    const { code, stderr } = await call('--checkpoint', 'nowhere', '--out', 'taken/folder/a.png');
    expect(code).toBe(1);
    expect(stderr).toMatch(/cannot write taken\/folder\/a\.png: .*taken is a file, not a folder/);
  });
});

describe('sample', () => {
  test('draws a picture, grid.png unless told otherwise', async () => {
    const { code, stdout, stderr } = await call('--checkpoint', run, '--count', '6', '--columns', '3');
    expect([code, stdout]).toEqual([0, 'picture grid.png\n']);
    expect(stderr).toBe(
      `6 images of 1×16×16 by the ema weights of ${join(run, 'checkpoints/step-000004')}\n`,
    );
    expect(await readPng('grid.png')).toMatchObject({ width: 3 * 18 + 2, height: 2 * 18 + 2, channels: 1 });
  });

  test('--out DIR/ writes one file an image, without a border, in a folder it makes', async () => {
    const file = join(folder, 'folder.safetensors');
    const argv = ['--checkpoint', run, '--count', '3', '--out', 'many/each/', '--raw', file, '--quiet'];
    const { code, stdout } = await call(...argv);
    expect([code, stdout]).toEqual([0, `picture many/each/\nraw     ${file}\n`]);
    expect(readdirSync('many/each').sort()).toEqual(['00000.png', '00001.png', '00002.png']);
    const { bytes } = (await readSafetensors(file)).records.images;
    const values = new Float32Array(Uint8Array.from(bytes).buffer);
    for (const i of [0, 2]) {
      const { width, height, pixels } = await readPng(`many/each/0000${i}.png`);
      expect([width, height]).toEqual([16, 16]);
      const wanted = values
        .subarray(i * 256, (i + 1) * 256)
        .map((value) => Math.floor(127.5 * (value + 1) + 0.5));
      expect([...pixels]).toEqual([...wanted]);
    }
    const again = await call('--checkpoint', run, '--count', '2', '--out', 'many/each');
    expect([again.code, again.stderr]).toEqual([
      2,
      expect.stringContaining('--out many/each holds 00002.png, which the 2 images would lie beside'),
    ]);
    const rows = await call('--checkpoint', run, '--columns', '2', '--out', 'many/each');
    expect([rows.code, rows.stderr]).toEqual([2, expect.stringContaining('--columns is of one picture')]);
  });

  test('--raw writes the images alone', async () => {
    rmSync('grid.png', { force: true });
    const { code, stdout } = await call('--checkpoint', run, '--raw', 'raw.safetensors');
    expect([code, stdout]).toEqual([0, 'raw     raw.safetensors\n']);
    expect(existsSync('grid.png')).toBe(false);
    const { records } = await readSafetensors('raw.safetensors');
    expect(Object.keys(records)).toEqual(['images']);
    expect(records.images).toMatchObject({ dtype: 'F32', shape: [64, 1, 16, 16] });
    const values = new Float32Array(records.images.bytes.buffer);
    expect(values.every((value) => value >= -1 && value <= 1)).toBe(true);
  });

  test('--columns is of a picture', async () => {
    const { code, stderr } = await call('--checkpoint', run, '--raw', 'none.safetensors', '--columns', '3');
    expect([code, stderr]).toEqual([2, expect.stringMatching(/--columns is of a picture, but --raw alone/)]);
    expect(existsSync('none.safetensors')).toBe(false);
    const gif = await call('--checkpoint', run, '--out', 'walk.gif', '--columns', '3');
    expect([gif.code, gif.stderr]).toEqual([
      2,
      expect.stringMatching(/but walk\.gif shows one image at a time/),
    ]);
    expect(existsSync('walk.gif')).toBe(false);
  });

  test('two results of one call, and what is read, are never one file', async () => {
    const refused = async (...argv: string[]) => {
      const { code, stderr } = await call('--checkpoint', run, ...argv);
      expect([code, stderr]).toEqual([
        2,
        expect.stringMatching(/would overwrite the file of --\w+: choose another$/m),
      ]);
    };
    await refused('--raw', 'x.png', '--out', './x.png');
    await refused('--latents', 'x.safetensors', '--raw', 'x.safetensors');
    await refused('--latents', 'x.png', '--out', 'x.png');
    expect(existsSync('x.png')).toBe(false);
  });

  test('--raw is there whole or not at all: what was there before is not written into', async () => {
    writeFileSync('old.safetensors', 'before');
    linkSync('old.safetensors', 'kept.safetensors');
    expect(await call('--checkpoint', run, '--raw', 'old.safetensors')).toMatchObject({ code: 0 });
    expect(readFileSync('kept.safetensors', 'utf8')).toBe('before');
    expect(Object.keys((await readSafetensors('old.safetensors')).records)).toEqual(['images']);
  });

  test('the folder of a picture is made', async () => {
    const made = ['--out', 'new/folder/a.png', '--raw', 'other/a.safetensors'];
    expect(await call('--checkpoint', run, '--count', '1', ...made)).toMatchObject({ code: 0 });
    expect([existsSync('new/folder/a.png'), existsSync('other/a.safetensors')]).toEqual([true, true]);
  });

  test('the picture shows the raw images', async () => {
    const { bytes } = await images('--count', '1', '--out', 'one.png');
    const values = new Float32Array(bytes.buffer);
    const { pixels, width } = await readPng('one.png');
    for (const [index, value] of values.entries()) {
      const pixel = pixels[(2 + Math.floor(index / 16)) * width + 2 + (index % 16)];
      expect(Math.abs(pixel - 127.5 * (value + 1))).toBeLessThanOrEqual(0.5 + 1e-4);
    }
  });

  test('equal seeds give equal images, others others', async () => {
    const seven = await images('--count', '4', '--seed', '7');
    expect(await images('--count', '4', '--seed', '7')).toEqual(seven);
    expect((await images('--count', '4', '--seed', '8')).bytes).not.toEqual(seven.bytes);
  });

  test('latents from a file give one image each, in their order', async () => {
    const value = (index: number) => Math.sin(index);
    await writeSafetensors('four.safetensors', { latents: floats([4, LATENT], value) });
    await writeSafetensors('last.safetensors', {
      latents: floats([2, LATENT], (index) => value(index + 2 * LATENT)),
    });
    const four = await images('--latents', 'four.safetensors');
    expect(four.shape).toEqual([4, 1, 16, 16]);
    const last = new Float32Array((await images('--latents', 'last.safetensors')).bytes.buffer);
    const tail = new Float32Array(four.bytes.buffer).subarray(2 * 256);
    expect(Math.max(...last.map((pixel, index) => Math.abs(pixel - tail[index])))).toBeLessThan(1e-5);
  });

  test('averaged weights differ from those in training', async () => {
    const ema = await images('--count', '2', '--weights', 'ema');
    expect(await images('--count', '2')).toEqual(ema);
    expect((await images('--count', '2', '--weights', 'live')).bytes).not.toEqual(ema.bytes);
  });

  test('one checkpoint of a run can be named', async () => {
    const latest = await images('--count', '2');
    expect(await images('--count', '2', '--checkpoint', join(run, 'checkpoints/step-000004'))).toEqual(
      latest,
    );
    const earlier = await images('--count', '2', '--checkpoint', join(run, 'checkpoints/step-000002'));
    expect(earlier.bytes).not.toEqual(latest.bytes);
  });

  test('a damaged newest checkpoint is passed over with a warning', async () => {
    const file = join(run, 'checkpoints/step-000004/ema/generator.safetensors');
    const whole = readFileSync(file);
    const damaged = Buffer.from(whole);
    damaged[damaged.length - 5] ^= 1;
    writeFileSync(file, damaged);
    const { code, stderr } = await call('--checkpoint', run, '--count', '1', '--quiet');
    writeFileSync(file, whole);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^warning: .*step-000004.*\n$/);
    expect(stderr).toContain('step-000002');
  });

  test('--json writes one object', async () => {
    const { stdout } = await call(
      '--checkpoint',
      run,
      '--count',
      '2',
      '--seed',
      '3',
      '--json',
      '--out',
      'a.png',
    );
    expect(JSON.parse(stdout)).toMatchObject({
      event: 'end',
      count: 2,
      seed: 3,
      weights: 'ema',
      step: 4,
      picture: 'a.png',
    });
  });
});
