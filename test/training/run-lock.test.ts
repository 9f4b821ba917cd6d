import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isAlive, startOf } from '../../src/io/living-process';
import { RunDirectory } from '../../src/training/run-directory';
import { RunLock, requireUnlocked } from '../../src/training/run-lock';
import { failure } from '../support/failure';
import { temporaryFolder } from '../support/training';

const folder = temporaryFolder();
const locks = () => readdirSync(folder.path).filter((name) => name.startsWith('.lock'));
const lockOf = (pid: number, { start = '', host = hostname() } = {}) =>
  `.lock.${pid}.${start}.0123abcd.${host}`;
const put = (name: string) => writeFileSync(join(folder.path, name), '');
/** Linux gives out ids up to 4194304. */
const DEAD = 4194999;

describe('a locked run directory is refused, in one line that names who has it', () => {
  test('where another training of this process has it', async () => {
    const lock = await RunLock.take(folder.path);
    await expect(RunLock.take(folder.path)).rejects.toEqual(
      failure('ERR_RUN_LOCKED', 'another training of this process trains there'),
    );
    expect(() => requireUnlocked(folder.path)).toThrow(failure('ERR_RUN_LOCKED', folder.path));
    expect(locks()).toHaveLength(1);
    lock.release();
    expect(locks()).toEqual([]);
    requireUnlocked(folder.path);
  });

  test('where a living process has it: to a new run, and to a resume', async () => {
    put(lockOf(process.ppid, { start: String(startOf(process.ppid) ?? '') }));
    const refused = failure('ERR_RUN_LOCKED', `process ${process.ppid} on ${hostname()} trains there: wait`);
    await expect(RunDirectory.create(folder.path)).rejects.toEqual(refused);
    put('config.json');
    const half = `.step-000004.${DEAD}.tmp`;
    mkdirSync(join(folder.path, 'checkpoints', half), { recursive: true });
    await expect(RunDirectory.open(folder.path)).rejects.toEqual(refused);
    expect(readdirSync(join(folder.path, 'checkpoints'))).toEqual([half]);
  });

  test('where a process of another host has it, whose life cannot be known', async () => {
    put(lockOf(DEAD, { host: 'elsewhere' }));
    await expect(RunLock.take(folder.path)).rejects.toEqual(
      failure('ERR_RUN_LOCKED', `or remove ${join(folder.path, lockOf(DEAD, { host: 'elsewhere' }))}`),
    );
    expect(() => requireUnlocked(folder.path)).toThrow(failure('ERR_RUN_LOCKED', 'on elsewhere'));
  });
});

describe('a lock is taken over', () => {
  test('from a process that has ended', async () => {
    put(lockOf(DEAD));
    requireUnlocked(folder.path);
    const lock = await RunLock.take(folder.path);
    expect(locks()).toEqual([expect.stringContaining(`.lock.${process.pid}.`)]);
    lock.release();
  });

  test('from one whose id a later process has', async () => {
    expect(startOf(process.pid)).toEqual(expect.any(Number));
    put(lockOf(process.ppid, { start: '1' }));
    const lock = await RunLock.take(folder.path);
    lock.release();
    expect(locks()).toEqual([]);
  });

  test('by one alone of many that begin at once', async () => {
    let winners = 0;
    for (let round = 0; round < 10; round++) {
      put(lockOf(DEAD));
      const taken = await Promise.allSettled(Array.from({ length: 4 }, () => RunLock.take(folder.path)));
      const locked = taken.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
      expect(locked.length).toBeLessThanOrEqual(1);
      winners += locked.length;
      expect(locks()).toHaveLength(locked.length);
      for (const lock of locked) lock.release();
    }
    // All may withdraw before each other, but not always.
    expect(winners).toBeGreaterThan(0);
  }, 60_000);
});

describe('a process', () => {
  function sleeper(): ChildProcess {
    return spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  }

  test('lives until it has ended', async () => {
    const child = sleeper();
    const pid = child.pid ?? 0;
    const start = startOf(pid);
    expect([isAlive(pid), isAlive(pid, start), isAlive(pid, 1)]).toEqual([true, true, false]);
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
    expect([isAlive(pid), isAlive(pid, start)]).toEqual([false, false]);
  });
});

test('a run is unlocked when it is closed', async () => {
  const run = await RunDirectory.create(folder.path);
  expect(locks()).toHaveLength(1);
  run.close();
  expect(locks()).toEqual([]);
});
