import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openOutputs, withoutOutputs } from '../../benchmarks/outputs';
import { failure } from '../support/failure';
import { results } from './results-for-tests';

const folder = mkdtempSync(join(tmpdir(), 'outputs-'));
afterAll(() => rmSync(folder, { recursive: true }));

const none = { json: null, markdown: null, svg: null, out: null };

test('a path that cannot be written is told before anything is measured', () => {
  for (const paths of [
    { json: join(folder, 'no', 'x.json') },
    { svg: folder },
    { out: join(__filename, 'x') },
  ])
    expect(() => openOutputs({ ...none, ...paths })).toThrow(failure('ERR_CANNOT_WRITE', 'cannot write'));
});

test('--out makes a folder and writes all three', () => {
  const out = join(folder, 'some', 'where');
  const written = openOutputs({ ...none, out }).write(results);
  expect(written).toEqual(['bench.json', 'bench.md', 'bench.svg'].map((name) => join(out, name)));
  expect(JSON.parse(readFileSync(written[0], 'utf8'))).toEqual(results);
  expect(readFileSync(written[2], 'utf8')).toMatch(/^<svg .*<\/svg>\n$/s);
});

test('only what is named is written', () => {
  const before = readdirSync(folder);
  const markdown = join(folder, 'one.md');
  expect(openOutputs({ ...none, markdown }).write(results)).toEqual([markdown]);
  expect(readdirSync(folder).filter((name) => !before.includes(name))).toEqual(['one.md']);
});

test('the command to rerun does not say where somebody wrote the results', () => {
  expect(withoutOutputs(['mlp', '--json', 'a.json', '--rounds', '3', '--svg=b', '--out', '/c'])).toEqual([
    'mlp',
    '--rounds',
    '3',
  ]);
});
