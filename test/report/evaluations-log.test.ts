import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEvaluations } from '../../src/report/evaluations';
import { appendEvaluation, rewriteEvaluations } from '../../src/report/evaluations-log';
import { failure } from '../support/failure';
import { row } from './rows';

const folder = mkdtempSync(join(tmpdir(), 'evaluations-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('rows are added one a line, and read back', async () => {
  const file = join(folder, 'added.jsonl');
  await appendEvaluation(file, row(1));
  await appendEvaluation(file, row(2));
  expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(3);
  expect(readEvaluations(file)).toEqual([row(1), row(2)]);
});

test('a row after a half line is whole', async () => {
  const file = join(folder, 'half.jsonl');
  writeFileSync(file, `${JSON.stringify(row(1))}\n{"step":2,"met`);
  await appendEvaluation(file, row(3));
  expect(readEvaluations(file)).toEqual([row(1), row(3)]);
});

test('a row with another digit in it is left out and told, and one without a seal is taken', async () => {
  const file = join(folder, 'flipped.jsonl');
  writeFileSync(file, `${JSON.stringify(row(1))}\n`);
  await appendEvaluation(file, row(2));
  await appendEvaluation(file, row(3));
  writeFileSync(file, readFileSync(file, 'utf8').replace('"step":2', '"step":6'));
  const notes: string[] = [];
  expect(readEvaluations(file, (note) => notes.push(note))).toEqual([row(1), row(3)]);
  expect(notes).toEqual([`${file}: 1 line is damaged or cut off, and left out`]);
});

test('rows can be replaced', async () => {
  const file = join(folder, 'replaced.jsonl');
  await appendEvaluation(file, row(1));
  await rewriteEvaluations(file, [row(5), row(6)]);
  expect(readEvaluations(file)).toEqual([row(5), row(6)]);
});

test('a folder that is not there is an error that names the file', async () => {
  const file = join(folder, 'none', 'evaluations.jsonl');
  await expect(appendEvaluation(file, row(1))).rejects.toEqual(failure('ERR_CANNOT_WRITE', file));
  await expect(rewriteEvaluations(file, [])).rejects.toEqual(failure('ERR_CANNOT_WRITE', file));
});
