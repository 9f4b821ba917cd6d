import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunDirectory } from '../../src/training/run-directory';
import { isLeftover, removeLeftovers } from '../../src/training/run-leftovers';
import { failure } from '../support/failure';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'leftovers-'));
  writeFileSync(join(folder, 'config.json'), '{}');
  mkdirSync(join(folder, 'samples'));
  writeFileSync(join(folder, 'samples', 'step-000001.png'), '');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a run with a checkpoint is refused and kept', async () => {
  mkdirSync(join(folder, 'checkpoints', 'step-000002'), { recursive: true });
  expect(isLeftover(folder)).toBe(false);
  await expect(RunDirectory.create(folder)).rejects.toThrow(failure('ERR_RUN_EXISTS', 'holds a run already'));
  expect(existsSync(join(folder, 'samples', 'step-000001.png'))).toBe(true);
});

test('an empty folder is no leftover of a training', () => {
  rmSync(join(folder, 'config.json'));
  expect(isLeftover(folder)).toBe(false);
});

test('a new run takes the place of one that left no checkpoint', async () => {
  const run = await RunDirectory.create(folder);
  run.close();
  expect(readdirSync(folder).sort()).toEqual(['checkpoints', 'samples']);
  expect(readdirSync(join(folder, 'samples'))).toEqual([]);
});

test('what was half written is no reason to refuse a new run, and goes', async () => {
  const half = join(folder, 'checkpoints', '.step-000002.4194999.tmp');
  mkdirSync(half, { recursive: true });
  writeFileSync(join(half, 'manifest.json'), '{"format": 2, ');
  writeFileSync(join(folder, 'config.json.4194999.00000000-0000-4000-8000-000000000000.tmp'), '{');
  (await RunDirectory.create(folder)).close();
  expect(readdirSync(folder).sort()).toEqual(['checkpoints', 'samples']);
  expect(readdirSync(join(folder, 'checkpoints'))).toEqual([]);
});

test('hidden files stay: one may be the lock of this process', () => {
  writeFileSync(join(folder, '.lock'), '');
  removeLeftovers(folder);
  expect(readdirSync(folder)).toEqual(['.lock']);
});
