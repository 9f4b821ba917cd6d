import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { main as invert } from '../../src/cli/invert';
import { main as sample } from '../../src/cli/sample';
import { readPng } from '../../src/io/png';
import { readSafetensors } from '../../src/io/safetensors';
import { call, draw } from './applying';
import { FakeHost } from './fakes';
import { callStyled, STYLED, styledTests } from './styled-runs';

const { runs, at } = styledTests();
const PIXELS = ['--features', 'none'];

describe('refused in one line, with exit code 2', () => {
  test.each<[string[], RegExp]>([
    [[], /--checkpoint expects a path, but got nothing/],
    [['--checkpoint', 'a'], /--in expects a path, but got nothing/],
    [['--checkpoint', 'a', '--in', 'b'], /--out expects a path, but got nothing/],
    [['--space', 'z'], /--space expects w or w\+, but got "z"/],
    [['--steps', '0'], /--steps expects a whole number from 1/],
    [['--rate', '0'], /--rate expects a number from/],
    [['--stpes', '3'], /--stpes is no flag of invert: did you mean --steps\?/],
  ])('%j', async (argv, message) => {
    const { code, stdout, stderr } = await call(invert, ...argv);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
    expect(stderr.match(/\n/g)).toHaveLength(1);
  });

  test('a model without w', async () => {
    await draw(at('a.png'), 16, 16);
    const argv = ['--checkpoint', runs.other, '--in', at('a.png'), '--out', at('b.png'), '--quiet'];
    expect(await call(invert, ...argv)).toEqual({
      code: 2,
      stdout: '',
      stderr: `error: invert is of models with an intermediate latent w, but ${join(runs.other, 'checkpoints/step-000001')} makes images of its latents directly\n`,
    });
  });

  test('a label for a model without labels', async () => {
    await draw(at('a.png'), 16, 16);
    const argv = ['--in', at('a.png'), '--out', at('b.png'), '--quiet', '--label', '1'];
    expect(await callStyled(invert, runs.plain, ...argv)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^error: --label: this model was trained without labels.*\n$/),
    });
  });

  test.each<[string, [number, number, 1 | 3], RegExp]>([
    ['channels', [16, 16, 3], /a\.png has 3 channels, but this model has learned images of 1: convert it/],
    [
      'proportions',
      [32, 20, 1],
      /32×20 pixels, but this model makes images of 16×16, of other proportions: cut it/,
    ],
    [
      'a smaller size',
      [12, 12, 1],
      /12×12 pixels, but this model takes images of at least 16×16: enlarge it/,
    ],
  ])('an image of %s', async (_, [height, width, channels], message) => {
    await draw(at('a.png'), height, width, channels);
    const argv = [...PIXELS, '--in', at('a.png'), '--out', at('b.png'), '--quiet'];
    const { code, stdout, stderr } = await callStyled(invert, runs.plain, ...argv);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
    expect(stderr.match(/\n/g)).toHaveLength(1);
    expect(existsSync(at('b.png'))).toBe(false);
  });

  test('images of which none can be used, by the first, without the flag that was given', async () => {
    for (const name of ['a', 'b', 'c']) await draw(at('in', `${name}.png`), 12, 12);
    const argv = [...PIXELS, '--in', at('in'), '--out', at('out'), '--quiet', '--on-bad-image', 'skip'];
    const { stderr } = await callStyled(invert, runs.plain, ...argv);
    expect(stderr).toMatch(/the first: .*a\.png has 12×12 pixels, .* at least 16×16: enlarge it\n$/);
  });

  test('what would be written over the image, and what is no PNG', async () => {
    await draw(at('a.png'), 16, 16);
    for (const out of [at('a.png'), dirname(at('a.png'))])
      expect(await callStyled(invert, runs.plain, '--in', at('a.png'), '--out', out)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('would overwrite the image'),
      });
    expect(await callStyled(invert, runs.plain, '--in', at('a.png'), '--out', at('b.jpg'))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('pictures are written as PNG: try'),
    });
  });
});

test('what is not there exits with 1', async () => {
  const argv = ['--in', at('none.png'), '--out', at('b.png')];
  expect(await callStyled(invert, runs.plain, ...argv)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('expected an image or a folder, but there is none'),
  });
});

test('an image gets its picture, its latent, a film, and the distance that is left', async () => {
  await callStyled(sample, runs.plain, '--count', '1', '--seed', '3', '--out', `${at('given')}/`);
  const steps = ['--steps', '120', '--space', 'w+'];
  const argv = [...PIXELS, ...steps, '--in', at('given', '00000.png'), '--out', at('found', 'a.png')];
  const { code, stdout, stderr } = await callStyled(invert, runs.plain, ...argv);
  expect(code).toBe(0);
  expect(stderr).toContain('searching  1 images in w+, by pixels');
  expect(stdout).toMatch(/^pixels 0\.0\d{3} {2}00000\.png {2}.*a\.png\n$/);
  const left = Number(/pixels ([\d.]+)/.exec(stdout)?.[1]);
  expect(left).toBeLessThan(0.05);
  const [given, found] = await Promise.all(
    [at('given', '00000.png'), at('found', 'a.png')].map((file) => readPng(file)),
  );
  expect([found.width, found.height, found.channels]).toEqual([16, 16, 1]);
  const apart =
    found.pixels.reduce((sum, pixel, i) => sum + Math.abs(pixel - given.pixels[i]), 0) / 256 / 127.5;
  expect(Math.abs(apart - left)).toBeLessThan(0.005);
  const { records, metadata } = await readSafetensors(at('found', 'a.safetensors'));
  expect(Object.entries(records).map(([name, { shape }]) => [name, shape])).toEqual([
    ['styles', [1, 3, 6]],
    ['noise.0', [1, 1, 4, 4]],
    ['noise.1', [1, 1, 8, 8]],
    ['noise.2', [1, 1, 16, 16]],
  ]);
  expect(metadata).toMatchObject({ space: 'w+', steps: '120', image: '00000.png' });
  const film = readFileSync(at('found', 'a.gif'));
  expect([film.subarray(0, 6).toString(), film.readUInt16LE(6), film.readUInt16LE(8)]).toEqual([
    'GIF89a',
    256,
    128,
  ]);
  // The latent draws what was found.
  const again = ['--latents', at('found', 'a.safetensors'), '--out', `${at('again')}/`];
  await callStyled(sample, runs.plain, ...again);
  expect((await readPng(at('again', '00000.png'))).pixels).toEqual(found.pixels);
});

test('the images of a folder are searched together, and named as they are; each is found as if it were alone', async () => {
  await callStyled(sample, runs.plain, '--count', '3', '--out', `${at('given')}/`);
  await draw(at('given', 'inner', 'odd.png'), 20, 30);
  const argv = ['--steps', '10', ...PIXELS, '--in', at('given'), '--on-bad-image', 'skip', '--json'];
  const { code, stdout, stderr } = await callStyled(invert, runs.plain, ...argv, '--out', at('found'));
  expect([code, stderr]).toEqual([
    0,
    expect.stringMatching(/warning: left out: .*odd\.png has 20×30 pixels/),
  ]);
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.map(({ event, file }) => [event, file])).toEqual([
    ['image', '00000.png'],
    ['image', '00001.png'],
    ['image', '00002.png'],
    ['end', undefined],
  ]);
  expect(lines[3]).toMatchObject({ images: 3, of: 3, skipped: 1, space: 'w', steps: 10 });
  expect(readdirSync(at('found')).sort()).toEqual(
    [0, 1, 2].flatMap((i) => ['gif', 'png', 'safetensors'].map((ending) => `0000${i}.${ending}`)),
  );
  const { records } = await readSafetensors(at('found', '00001.safetensors'));
  expect(records.styles.shape).toEqual([1, 6]);
  const alone = await callStyled(invert, runs.plain, ...argv, '--batch', '1', '--out', at('alone'));
  expect(alone.code).toBe(0);
  const together = new Float32Array(Uint8Array.from(records.styles.bytes).buffer);
  const own = (await readSafetensors(at('alone', '00001.safetensors'))).records.styles.bytes;
  const single = new Float32Array(Uint8Array.from(own).buffer);
  expect(Math.max(...together.map((value, i) => Math.abs(value - single[i])))).toBeLessThan(1e-3);
});

test('Ctrl-C writes what was found so far, and ends with 130', async () => {
  await draw(at('a.png'), 16, 16);
  const host = new FakeHost();
  // The signal comes when the event loop first turns, which is between two steps.
  host.stderr.on('line', (line: string) => {
    if (line.startsWith('searching')) setImmediate(() => host.signals.emit('SIGINT'));
  });
  const argv = ['--checkpoint', runs.plain, '--recipe', STYLED, '--device', 'cpu', '--batch', '1', ...PIXELS];
  await draw(at('in', 'a.png'), 16, 16);
  await draw(at('in', 'b.png'), 16, 16);
  const files = ['--in', at('in'), '--out', at('found'), '--steps', '100000'];
  expect(await invert([...argv, ...files], host)).toBe(130);
  expect(host.stderr.text).toContain('interrupted: writing what was found so far');
  expect(host.stdout.text).toMatch(/^pixels \d\.\d{4} {2}a\.png {2}.*\n$/);
  expect(readdirSync(at('found')).sort()).toEqual(['a.gif', 'a.png', 'a.safetensors']);
  expect(Number((await readSafetensors(at('found', 'a.safetensors'))).metadata.steps)).toBeLessThan(10);
});
