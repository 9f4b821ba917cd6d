import * as fs from 'node:fs';
import * as path from 'node:path';
import { withLock } from '../../src/setup/lock';
import { temporaryFolder, write } from '../native/fake-libtorch';

let folder: string;
let file: string;

beforeEach(() => {
  folder = temporaryFolder();
  file = path.join(folder, 'deep', '.lock');
});

afterEach(() => fs.rmSync(folder, { recursive: true }));

test('work that throws gives the lock back', async () => {
  await expect(
    withLock(file, async () => {
      throw new Error('no');
    }),
  ).rejects.toThrow('no');
  expect(fs.readdirSync(path.dirname(file))).toEqual([]);
});

test('work under one lock never overlaps, and who waits is told once', async () => {
  let running = 0;
  let waits = 0;
  const work = async () => {
    running++;
    expect(running).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    running--;
    return fs.readFileSync(file, 'utf8');
  };
  const results = await Promise.all([1, 2, 3].map(() => withLock(file, work, () => waits++)));
  expect(results.every((owner) => owner.startsWith(`${process.pid} `))).toBe(true);
  expect(new Set(results).size).toBe(3);
  expect(waits).toBe(2);
});

test('a lock whose owner died is taken over', async () => {
  // The largest process id Linux gives out is 4194304.
  write(file, '4194999');
  expect(await withLock(file, async () => 'done')).toBe('done');
});

test.each(['', '0', 'nonsense'])('a lock that names no process is taken over: %j', async (text) => {
  write(file, text);
  // An empty one may be about to be written.
  const before = new Date(Date.now() - 10_000);
  fs.utimesSync(file, before, before);
  expect(await withLock(file, async () => 'done')).toBe('done');
  expect(fs.readdirSync(path.dirname(file))).toEqual([]);
});

test('a lock is taken over whose process id lives, but has been silent for longer than an owner is', async () => {
  write(file, `${process.ppid} token`);
  const long = new Date(Date.now() - 120_000);
  fs.utimesSync(file, long, long);
  expect(await withLock(file, async () => 'done')).toBe('done');
});

test('of many that find a dead lock one takes it over at a time', async () => {
  write(file, '4194999 dead');
  let running = 0;
  const work = async () => {
    expect(++running).toBe(1);
    await new Promise((resolve) => setImmediate(resolve));
    running--;
  };
  await Promise.all([1, 2, 3].map(() => withLock(file, work)));
  expect(fs.readdirSync(path.dirname(file))).toEqual([]);
});

test('an owner whose lock was taken over does not remove the new one', async () => {
  await withLock(file, async () => fs.writeFileSync(file, 'another'));
  expect(fs.readFileSync(file, 'utf8')).toBe('another');
});
