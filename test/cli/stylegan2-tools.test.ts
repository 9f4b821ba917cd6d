// The tools that work in w, on the recipe of the library that has one: trained by the command, with classes.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main as directions } from '../../src/cli/directions';
import { main as invert } from '../../src/cli/invert';
import { main as sample } from '../../src/cli/sample';
import { main as train } from '../../src/cli/train';
import { readPng } from '../../src/io/png';
import { readSafetensors } from '../../src/io/safetensors';
import { call } from './applying';
import { writeTinyMnist } from './tiny-data';

const folder = mkdtempSync(join(tmpdir(), 'styles-'));
const at = (...names: string[]) => join(folder, ...names);
const run = at('run');
const on = (...argv: string[]) => ['--checkpoint', run, '--quiet', ...argv];

beforeAll(async () => {
  writeTinyMnist(folder);
  const data = ['--dataset', 'mnist', '--data-dir', folder, '--resolution', '32', '--batch', '4'];
  const sizes = ['size=small', 'width=2', 'maxWidth=8', 'latentSize=8', 'conditional=true'];
  const set = sizes.flatMap((each) => ['--set', each]);
  const schedule = ['--steps', '2', '--precision', 'fp32', '--quiet', '--out', run];
  const { code, stderr } = await call(train, 'stylegan2', ...data, ...set, ...schedule);
  if (code !== 0) throw new Error(stderr);
});
afterAll(() => rmSync(folder, { recursive: true }));

test('images are truncated, walked and mixed in w, of a class', async () => {
  const usual = ['--label', '3', '--truncation', '0.7', '--truncation-layers', '4'];
  for (const [out, argv] of [
    ['usual.png', ['--count', '2', ...usual]],
    ['walk.png', ['--interpolate', '1:2', '--frames', '2', ...usual]],
  ] as const) {
    expect(await call(sample, ...on('--out', at(out), ...argv))).toMatchObject({ code: 0, stderr: '' });
    expect(await readPng(at(out))).toMatchObject({ width: 2 * 34 + 2, height: 34 + 2 });
  }
  const mix = ['--mix', '1-2:3,5,8', '--mix-layers', '1-3', '--out', at('mix.png'), ...usual];
  expect(await call(sample, ...on(...mix))).toMatchObject({ code: 0, stderr: '' });
  expect(await readPng(at('mix.png'))).toMatchObject({ width: 4 * 34 + 2, height: 3 * 34 + 2 });
});

test('an image is inverted in w+, with the noise of each layer, and its latent draws what was found', async () => {
  await call(sample, ...on('--label', '1', '--count', '1', '--out', `${at('given')}/`));
  const search = ['--space', 'w+', '--steps', '60', '--features', 'none', '--label', '1'];
  const files = ['--in', at('given'), '--out', at('found')];
  const { code, stdout, stderr } = await call(invert, ...on(...search, ...files));
  expect([code, stderr]).toEqual([0, '']);
  expect(Number(/^pixels ([\d.]+) /.exec(stdout)?.[1])).toBeLessThan(0.05);
  const { records } = await readSafetensors(at('found', '00000.safetensors'));
  expect(Object.entries(records).map(([name, { shape }]) => [name, shape.at(-1)])).toEqual([
    ['styles', 8],
    ...[4, 8, 8, 16, 16, 32, 32].map((side, i) => [`noise.${i}`, side]),
  ]);
  expect(records.styles.shape).toEqual([1, 8, 8]);
  const latents = ['--latents', at('found', '00000.safetensors'), '--out', `${at('again')}/`];
  expect(await call(sample, ...on(...latents))).toMatchObject({ code: 0, stderr: '' });
  const [again, found] = await Promise.all(['again', 'found'].map((name) => readPng(at(name, '00000.png'))));
  expect(again.pixels).toEqual(found.pixels);
});

test.each(['weights', 'pca'])('directions are found by %s', async (by) => {
  const argv = ['--by', by, '--count', '2', '--columns', '3', '--label', '1', '--out', at(`${by}.png`)];
  expect(await call(directions, ...on(...argv))).toMatchObject({ code: 0, stderr: '' });
  expect(await readPng(at(`${by}.png`))).toMatchObject({ width: 3 * 34 + 2, height: 2 * 34 + 2 });
});
