import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { main as apply } from '../../src/cli/apply';
import { main as sample } from '../../src/cli/sample';
import { readPng, writePng } from '../../src/io/png';
import { readSafetensors } from '../../src/io/safetensors';
import { load, recipes } from '../../src/recipes';
import { parseConfig } from '../../src/recipes/config';
import { rand } from '../../src/tensor/create';
import { manualSeed } from '../../src/tensor/random';
import { Trainer } from '../../src/training/trainer';
import { reportsOf, temporaryFolder, tinyLoader, tinySpecs } from '../support/training';
import { FakeHost } from './fakes';

const folder = temporaryFolder();
const at = (...names: string[]) => join(folder.path, ...names);

async function call(main: typeof apply, ...args: string[]) {
  const host = new FakeHost();
  const code = await main(args, host);
  return { code, stdout: host.stdout.text, stderr: host.stderr.text };
}

const SETS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  pix2pix: { width: 2, patch: '16' },
  cyclegan: { width: 2, blocks: 1, patch: '16', pool: 4 },
  mlp: { latentSize: 3 },
};

/** A run of a recipe on tiny grey images, a step long. */
async function trained(name: keyof typeof SETS): Promise<string> {
  const recipe = recipes[name];
  const set = parseConfig(recipe.fields, { file: SETS[name] });
  manualSeed(3);
  const model = recipe.build(set, tinySpecs(recipe.data), { steps: 1 });
  const trainer = new Trainer({ ...model, device: 'cpu', precision: 'fp32', seed: 1 });
  const loader = tinyLoader({ kind: recipe.data, count: 40, batch: 4 });
  const out = at(`run-${name}`);
  try {
    await reportsOf(trainer.fit(loader, { steps: 1, out, settings: { recipe: name, set }, page: false }));
  } finally {
    loader.dispose();
    trainer.dispose();
  }
  return out;
}

async function draw(file: string, height: number, width: number): Promise<void> {
  const pixels = Uint8Array.from({ length: height * width }, (_, i) => (i * 37) % 256);
  await writePng(file, { height, width, channels: 1, pixels });
}

async function photos(): Promise<string> {
  mkdirSync(at('photos', 'inner'), { recursive: true });
  await draw(at('photos', 'a.png'), 16, 16);
  await draw(at('photos', 'b.png'), 16, 16);
  await draw(at('photos', 'inner', 'c.png'), 21, 35);
  return at('photos');
}

describe('apply refuses', () => {
  test('calls without a checkpoint, an input or an output', async () => {
    expect(await call(apply, '--in', 'x', '--out', 'y')).toMatchObject({
      code: 2,
      stderr: 'error: --checkpoint expects a path, but got nothing: try --checkpoint runs/NAME\n',
    });
    expect(await call(apply, '--checkpoint', 'x', '--out', 'y')).toMatchObject({ code: 2 });
    expect(await call(apply, '--checkpoint', 'x', '--in', 'y')).toMatchObject({ code: 2 });
  });

  test('a path that is not there, and a folder without images, by what lies in it', async () => {
    mkdirSync(at('texts'));
    writeFileSync(at('texts', 'a.txt'), 'no image');
    const missing = await call(apply, '--checkpoint', 'x', '--in', at('none'), '--out', at('out'));
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('there is none') });
    const empty = await call(apply, '--checkpoint', 'x', '--in', at('texts'), '--out', at('out'));
    expect(empty).toMatchObject({ code: 1, stderr: expect.stringMatching(/holds no images.*\.txt 1/) });
  });

  test('an output that would overwrite its input, through a link too', async () => {
    const input = await photos();
    symlinkSync(input, at('link'));
    for (const out of [input, at('link')])
      expect(await call(apply, '--checkpoint', 'x', '--in', input, '--out', out)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('would overwrite the image'),
      });
    const one = at('photos', 'a.png');
    expect(await call(apply, '--checkpoint', 'x', '--in', one, '--out', one)).toMatchObject({ code: 2 });
  });

  test('two images that would become one picture', async () => {
    const input = await photos();
    writeFileSync(at('photos', 'a.jpg'), '');
    expect(await call(apply, '--checkpoint', 'x', '--in', input, '--out', at('out'))).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/a\.jpg and .*a\.png would both become/),
    });
  });

  test('a model that takes no images in, and says what it is', async () => {
    const run = await trained('mlp');
    expect(await call(apply, '--checkpoint', run, '--in', await photos(), '--out', at('out'))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('makes images of latents, not of images: use sample'),
    });
  });

  test('a direction that the model lacks, and images that are too small, by name', async () => {
    const run = await trained('pix2pix');
    const input = await photos();
    const wrong = await call(
      apply,
      '--checkpoint',
      run,
      '--in',
      input,
      '--out',
      at('out'),
      '--direction',
      'ba',
    );
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('no direction ba: it has ab') });
    await draw(at('photos', 'tiny.png'), 5, 16);
    const small = await call(apply, '--checkpoint', run, '--in', input, '--out', at('out'));
    expect(small).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/tiny\.png has 5×16 pixels, .*at least 16×16/),
    });
    const skipping = [...['--checkpoint', run, '--in', input, '--out', at('out')], '--on-bad-image', 'skip'];
    const rest = await call(apply, ...skipping);
    expect(rest).toMatchObject({ code: 0, stdout: expect.stringContaining('images   3') });
    expect(rest.stderr).toContain('left out: ');
  });

  test('sample on a model that takes images in says to use apply', async () => {
    const run = await trained('cyclegan');
    expect(await call(sample, '--checkpoint', run, '--out', at('grid.png'))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('takes images in (ab, ba), not latents: use apply'),
    });
  });
});

test('names and sizes are kept, and what is made does not depend on what it is made with', async () => {
  const run = await trained('pix2pix');
  const input = await photos();
  expect(await call(apply, '--checkpoint', run, '--in', input, '--out', at('all'))).toMatchObject({
    code: 0,
    stdout: `images   3\nout      ${at('all')}\n`,
  });
  expect(readdirSync(at('all'), { recursive: true }).sort()).toEqual([
    'a.png',
    'b.png',
    'inner',
    join('inner', 'c.png'),
  ]);
  expect(await readPng(at('all', 'inner', 'c.png'))).toMatchObject({ height: 21, width: 35, channels: 1 });
  await call(apply, '--checkpoint', run, '--in', input, '--out', at('each'), '--batch', '1');
  for (const file of ['a.png', 'b.png', join('inner', 'c.png')])
    expect(await readPng(at('each', file))).toEqual(await readPng(at('all', file)));
});

test('one image becomes one file; --raw keeps the numbers of images of one size', async () => {
  const run = await trained('cyclegan');
  await photos();
  const one = ['--checkpoint', run, '--in', at('photos', 'a.png')];
  const raw = at('raw.safetensors');
  expect(await call(apply, ...one, '--out', at('made.png'), '--direction', 'ba', '--raw', raw)).toMatchObject(
    { code: 0 },
  );
  expect((await readSafetensors(raw)).records.images).toMatchObject({ dtype: 'F32', shape: [1, 1, 16, 16] });
  expect(await call(apply, ...one, '--out', at('made.jpg'))).toMatchObject({ code: 2 });
  const several = [
    '--checkpoint',
    run,
    '--in',
    at('photos'),
    '--out',
    at('out'),
    '--raw',
    at('other.safetensors'),
  ];
  expect(await call(apply, ...several)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('of one size'),
  });
  expect(existsSync(at('other.safetensors'))).toBe(false);
});

test('tiles of a network with instance norms make what the whole image makes, within 2 of 255', async () => {
  const run = await trained('cyclegan');
  mkdirSync(at('large'));
  await draw(at('large', 'x.png'), 150, 202);
  const whole = ['--checkpoint', run, '--in', at('large'), '--out'];
  await call(apply, ...whole, at('whole'));
  expect(await call(apply, ...whole, at('tiled'), '--tile', '96')).toMatchObject({ code: 0, stderr: '' });
  const [a, b] = [await readPng(at('whole', 'x.png')), await readPng(at('tiled', 'x.png'))];
  const differences = a.pixels.map((byte, i) => Math.abs(byte - b.pixels[i]));
  expect(Math.max(...differences)).toBeLessThanOrEqual(2);
  expect(new Set(a.pixels).size).toBeGreaterThan(3);
  const tooSmall = await call(apply, ...whole, at('tiled'), '--tile', '32');
  expect(tooSmall).toMatchObject({ code: 2, stderr: expect.stringContaining('expected a tile of at least') });
});

test('tiles of a network that looks at all of the image say that seams may be seen', async () => {
  const run = await trained('pix2pix');
  mkdirSync(at('large'));
  await draw(at('large', 'x.png'), 64, 64);
  const { code, stderr } = await call(
    apply,
    '--checkpoint',
    run,
    '--in',
    at('large'),
    '--out',
    at('out'),
    '--tile',
    '48',
  );
  expect([code, stderr]).toEqual([0, expect.stringContaining('seams may be seen')]);
});

test('a script loads the model and runs it on images', async () => {
  const model = await load(await trained('cyclegan'), { device: 'cpu' });
  const images = rand([2, 1, 18, 30]);
  const made = model.run({ images, direction: 'ab' });
  expect(made.shape).toEqual([2, 1, 18, 30]);
  for (const one of [made, images, model]) one.dispose();
});
