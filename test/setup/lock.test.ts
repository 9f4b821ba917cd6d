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
  expect(results).toEqual([1, 2, 3].map(() => String(process.pid)));
  expect(waits).toBe(2);
});

test('a lock whose owner died is taken over', async () => {
  // The largest process id Linux gives out is 4194304.
  write(file, '4194999');
  expect(await withLock(file, async () => 'done')).toBe('done');
});
