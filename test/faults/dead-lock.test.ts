import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunLock } from '../../src/training/run-lock';
import { RUNS_TYPESCRIPT } from '../support/typescript';
import { countFaults } from './count';

const root = join(__dirname, '..', '..');

test('the lock of a killed process is taken over by the next', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'dead-lock-'));
  const script = `
    const { RunLock } = require('./src/training/run-lock');
    RunLock.take(${JSON.stringify(folder)}).then(() => process.kill(process.pid, 'SIGKILL'));`;
  const { signal } = spawnSync(process.execPath, [...RUNS_TYPESCRIPT, '-e', script], { cwd: root });
  expect(signal).toBe('SIGKILL');
  expect(readdirSync(folder)).toHaveLength(1);
  const lock = await RunLock.take(folder);
  expect(readdirSync(folder)).toHaveLength(1);
  lock.release();
  expect(readdirSync(folder)).toEqual([]);
  rmSync(folder, { recursive: true });
  countFaults('kills');
});
