import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isAlive, startOf } from '../../src/io/living-process';
import { alone } from '../../src/parallel/group';
import { RunDirectory } from '../../src/training/run-directory';
import { RunLock, requireUnlocked } from '../../src/training/run-lock';
import { openRun } from '../../src/training/run-writer';
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

  test('where a process of another container has it, though the host is called the same', async () => {
    const lock = lockOf(DEAD, { start: '12-1' });
    put(lock);
    await expect(RunLock.take(folder.path)).rejects.toEqual(
      failure('ERR_RUN_LOCKED', `or remove ${join(folder.path, lock)} if it runs no more`),
    );
    expect(locks()).toEqual([lock]);
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

describe('what is written goes into the folder that was locked', () => {
  const run = () => join(folder.path, 'run');
  const moved = failure('ERR_CANNOT_WRITE', 'was moved or deleted');
  const begun = async () => {
    mkdirSync(run());
    return RunLock.take(run());
  };

  test('not into another in its place, whoever has that', async () => {
    const lock = await begun();
    await lock.require();
    renameSync(run(), join(folder.path, 'moved'));
    await expect(lock.require()).rejects.toEqual(moved);
    const other = await begun();
    await expect(lock.require()).rejects.toEqual(moved);
    lock.release();
    await other.require();
    other.release();
  });

  test('not into one that another process has by now', async () => {
    const lock = await begun();
    for (const name of readdirSync(run())) rmSync(join(run(), name));
    const theirs = lockOf(process.ppid, { start: String(startOf(process.ppid) ?? '') });
    writeFileSync(join(run(), theirs), '');
    await expect(lock.require()).rejects.toEqual(failure('ERR_RUN_LOCKED', `process ${process.ppid}`));
    expect(readdirSync(run())).toEqual([theirs]);
  });

  test('whose lock, where somebody removed it, is put back', async () => {
    const lock = await begun();
    const [name] = readdirSync(run());
    rmSync(join(run(), name));
    await lock.require();
    expect(readdirSync(run())).toEqual([name]);
    lock.release();
    expect(readdirSync(run())).toEqual([]);
  });

  test('and a training in another’s place ends, with nothing of the other touched', async () => {
    const writer = await openRun(run(), { resume: false, group: alone });
    renameSync(run(), join(folder.path, 'moved'));
    mkdirSync(join(run(), 'checkpoints', 'step-000001'), { recursive: true });
    for (const write of [
      () => writer.removeOldCheckpoints({ keep: 1, step: 9 }),
      () => writer.writeCheckpoint(join(run(), 'checkpoints', 'step-000009'), {} as never, {}),
      () => writer.writeConfig({}),
      () => writer.addEvaluation({} as never),
      () => writer.writeSamples(1, { picture: {} as never }),
      () => writer.writePage({}),
    ])
      await expect(write()).rejects.toEqual(failure('ERR_CANNOT_WRITE', 'was moved or deleted'));
    writer.close();
    expect(readdirSync(run(), { recursive: true }).sort()).toEqual([
      'checkpoints',
      join('checkpoints', 'step-000001'),
    ]);
  });
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
