import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { main as directions } from '../../src/cli/directions';
import { main as sample } from '../../src/cli/sample';
import { readPng } from '../../src/io/png';
import { readSafetensors, type TensorRecord, writeSafetensors } from '../../src/io/safetensors';
import { load } from '../../src/recipes';
import { scope } from '../../src/tensor/scope';
import { requireLatents } from '../../src/training/load';
import { seededStatistics } from '../../src/training/style-paths';
import { call } from './applying';
import { callStyled, STYLED, styledTests } from './styled-runs';

const { runs, at } = styledTests();

describe('refused in one line, with exit code 2', () => {
  test.each<[string[], RegExp]>([
    [[], /--checkpoint expects a run directory, but got nothing/],
    [['--checkpoint', 'a', '--count', '0'], /--count expects a whole number from 1/],
    [['--checkpoint', 'a', '--by', 'magic'], /--by expects weights or pca, but got "magic"/],
    [['--checkpoint', 'a', '--out', 'a.jpg'], /--out expects a picture, NAME\.png, but got "a\.jpg"/],
    [['--checkpoint', 'a', '--reach', '0'], /--reach expects a number from 0\.01/],
  ])('%j', async (argv, message) => {
    const { code, stdout, stderr } = await call(directions, ...argv);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
    expect(stderr.match(/\n/g)).toHaveLength(1);
  });

  test.each<[string[], RegExp]>([
    [
      ['--count', '7'],
      /--count expects a whole number from 1 to 6, the numbers of this model’s w, but got 7/,
    ],
    [['--layers', '0-2'], /--layers expects layers A-B, counted from 1, but got "0-2"/],
    [
      ['--layers', '2-4'],
      /--layers expects layers A-B, counted from 1 to 3, those of this model, but got "2-4"/,
    ],
    [['--label', '1'], /--label: this model was trained without labels/],
    [['--truncation-layers', '1'], /--truncation-layers says where truncation is, but there is none/],
  ])('%j of a model with w', async (argv, message) => {
    const { code, stderr } = await callStyled(
      directions,
      runs.plain,
      ...argv,
      '--quiet',
      '--out',
      at('d.png'),
    );
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
    expect(stderr.match(/\n/g)).toHaveLength(1);
    expect(existsSync(at('d.png'))).toBe(false);
  });

  test('vectors never take the place of another file', async () => {
    await writeSafetensors(at('weights.safetensors'), {});
    const { code, stderr } = await callStyled(directions, runs.plain, '--out', at('weights.png'));
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/would overwrite .*weights\.safetensors, which holds other/),
    ]);
    expect(existsSync(at('weights.png'))).toBe(false);
  });

  test('a model without w', async () => {
    expect(await call(directions, '--checkpoint', runs.other, '--quiet', '--out', at('d.png'))).toEqual({
      code: 2,
      stdout: '',
      stderr: `error: directions is of models with an intermediate latent w, but ${join(runs.other, 'checkpoints/step-000001')} makes images of its latents directly\n`,
    });
  });
});

const floatsOf = ({ bytes }: TensorRecord) => [...new Float32Array(Uint8Array.from(bytes).buffer)];

test.each(['weights', 'pca'])(
  'by %s: unit vectors with their importances, and a row of images for each',
  async (by) => {
    const out = at('some', 'd.png');
    const argv = ['--count', '4', '--columns', '5', '--by', by, '--out', out, '--seed', '2'];
    const { code, stdout } = await callStyled(directions, runs.plain, ...argv);
    expect(code).toBe(0);
    const lines = stdout.trim().split('\n');
    expect(
      lines.slice(0, 4).every((line) => /^ *\d {2}importance [\d.]+ {2}deviation [\d.]+$/.test(line)),
    ).toBe(true);
    expect(lines.slice(4)).toEqual([`picture ${out}`, `vectors ${at('some', 'd.safetensors')}`]);
    expect(await readPng(out)).toMatchObject({ width: 5 * 18 + 2, height: 4 * 18 + 2 });
    const { records, metadata } = await readSafetensors(at('some', 'd.safetensors'));
    expect(metadata).toMatchObject({ by });
    const vectors = floatsOf(records.directions);
    expect(records.directions.shape).toEqual([4, 6]);
    for (let a = 0; a < 4; a++)
      for (let b = 0; b <= a; b++) {
        const product = vectors
          .slice(6 * a, 6 * a + 6)
          .reduce((sum, x, i) => sum + x * vectors[6 * b + i], 0);
        expect(product).toBeCloseTo(a === b ? 1 : 0, 5);
      }
    const importances = floatsOf(records.importances);
    expect([...importances].sort((a, b) => b - a)).toEqual(importances);
    const model = await load(runs.plain, { recipe: STYLED, device: 'cpu' });
    const sampler = requireLatents(model);
    const spread = scope(() => seededStatistics({ ...model, sampler }, { seed: 0 }).spread);
    model.dispose();
    // Along the axes of all of w lies all of its variance; along four of six at most that.
    const variance = floatsOf(records.deviations).reduce((sum, value) => sum + value ** 2, 0);
    expect(variance).toBeLessThanOrEqual(spread ** 2 * 1.0001);
    if (by === 'pca') expect(floatsOf(records.deviations)[0]).toBeCloseTo(importances[0], 3);
  },
);

test('the middle of each row is the image of the seed, and layers that are left out do not move', async () => {
  const out = at('d.png');
  await callStyled(directions, runs.plain, '--count', '2', '--columns', '3', '--seed', '4', '--out', out);
  await callStyled(sample, runs.plain, '--count', '1', '--seed', '4', '--out', at('one.png'));
  const [grid, one] = await Promise.all([out, at('one.png')].map((file) => readPng(file)));
  const place = (row: number, column: number) =>
    Array.from({ length: 256 }, (_, i) => {
      const [y, x] = [2 + row * 18 + Math.floor(i / 16), 2 + column * 18 + (i % 16)];
      return grid.pixels[y * grid.width + x];
    });
  const alone = Array.from(
    { length: 256 },
    (_, i) => one.pixels[(2 + Math.floor(i / 16)) * one.width + 2 + (i % 16)],
  );
  for (const row of [0, 1]) {
    const apart = place(row, 1).map((pixel, i) => Math.abs(pixel - alone[i]));
    expect(Math.max(...apart)).toBeLessThanOrEqual(1);
  }
  expect(place(0, 0)).not.toEqual(place(0, 1));
});

test('a conditional model shows a class', async () => {
  const argv = ['--label', '1', '--by', 'pca', '--layers', '2-3', '--truncation', '0.7', '--json'];
  const { code, stdout } = await callStyled(directions, runs.conditional, ...argv, '--out', at('d.png'));
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ event: 'end', by: 'pca', picture: at('d.png') });
});
