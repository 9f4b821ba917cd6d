// A file system without hard links, as of memory cards and shared folders.
import * as fs from 'node:fs';
import * as path from 'node:path';
import { withLock } from '../../src/setup/lock';
import { temporaryFolder } from '../native/fake-libtorch';

jest.mock('node:fs', () => ({
  ...jest.requireActual('node:fs'),
  linkSync() {
    throw Object.assign(new Error('operation not permitted'), { code: 'EPERM' });
  },
}));

test('work under one lock never overlaps, and leaves nothing behind', async () => {
  const folder = temporaryFolder();
  const file = path.join(folder, '.lock');
  let running = 0;
  const work = async () => {
    running++;
    expect(running).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    running--;
    return 'done';
  };
  try {
    expect(await Promise.all([1, 2].map(() => withLock(file, work)))).toEqual(['done', 'done']);
    expect(fs.readdirSync(folder)).toEqual([]);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});
