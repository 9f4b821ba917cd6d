// What judges and inverts a model with an intermediate latent by the features of a classifier.
import { join } from 'node:path';
import { main as evaluate } from '../../src/cli/evaluate';
import { main as invert } from '../../src/cli/invert';
import { readEvaluations } from '../../src/report/evaluations';
import { draw } from './applying';
import { classifiedDigits } from './classified-digits';
import { callStyled, styledTests } from './styled-runs';

const { runs, at } = styledTests();
const folder = classifiedDigits();
const DATA = ['--dataset', 'mnist', '--data-dir', folder];

const lastRow = () => readEvaluations(join(runs.plain, 'evaluations.jsonl')).at(-1);

test.each<[string[], RegExp]>([
  [
    ['--metrics', 'fid', '--truncation-layers', '2'],
    /--truncation-layers says where --truncation is, but there/,
  ],
  [
    ['--metrics', 'ppl', '--truncation', '0.5'],
    /--truncation is of images that are judged, but ppl draws latents/,
  ],
  [
    ['--truncation', '0.5', '--truncation-layers', '9'],
    /a whole number from 1 to 3, the layers of this model/,
  ],
])('evaluate refuses %j', async (argv, message) => {
  const { code, stderr } = await callStyled(evaluate, runs.plain, ...DATA, ...argv, '--quiet');
  expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
});

test('evaluate walks through w for ppl, and its protocol says so', async () => {
  const argv = [...DATA, '--metrics', 'ppl', '--count', '20'];
  const { code, stderr } = await callStyled(evaluate, runs.plain, ...argv);
  expect([code, stderr]).toEqual([0, expect.stringContaining('walking  between latents in w, by')]);
  expect(lastRow()?.protocol).toMatchObject({ space: 'w, straight lines', paths: 20 });
  expect(lastRow()?.metrics.ppl).toBeGreaterThan(0);
});

test('evaluate walks through w within classes, where a model has them', async () => {
  const argv = [...DATA, '--metrics', 'ppl', '--count', '20', '--quiet'];
  expect(await callStyled(evaluate, runs.conditional, ...argv)).toMatchObject({ code: 0 });
  const row = readEvaluations(join(runs.conditional, 'evaluations.jsonl')).at(-1);
  expect(row?.metrics.ppl).toBeGreaterThan(0);
  expect(row?.protocol).toMatchObject({
    space: 'w, straight lines',
    conditions: expect.stringMatching(/^classes 3, the same at both ends/),
  });
});

test('evaluate says what truncation was', async () => {
  const argv = [...DATA, '--metrics', 'fid', '--count', '20', '--quiet', '--truncation', '0.5'];
  expect(await callStyled(evaluate, runs.plain, ...argv)).toMatchObject({ code: 0 });
  expect(lastRow()?.protocol).toMatchObject({ truncation: 'ψ 0.5 in w' });
  await callStyled(evaluate, runs.plain, ...argv, '--truncation-layers', '1');
  expect(lastRow()?.protocol).toMatchObject({ truncation: 'ψ 0.5 in w, first 1 of 3 layers' });
});

test('invert compares the features of the usual classifier beside pixels, and tells both', async () => {
  await draw(at('a.png'), 16, 16);
  const argv = [...DATA, '--steps', '3', '--in', at('a.png'), '--out', at('b.png')];
  const { code, stdout, stderr } = await callStyled(invert, runs.plain, ...argv);
  expect([code, stderr]).toEqual([0, expect.stringContaining('in w, by pixels and classifier-mnist')]);
  expect(stdout).toMatch(/^pixels \d\.\d{4} {2}features \d\.\d{4} {2}a\.png {2}.*b\.png\n$/);
});
