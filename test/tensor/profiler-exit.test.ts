import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { RUNS_TYPESCRIPT } from '../support/typescript';

const ROOT = join(__dirname, '../..');

describe('a process that ends in the middle of a profile', () => {
  test.each([
    ['by process.exit()', 'process.exit(3)', 3],
    ['by process.exit() in a span', "gan.span('work', () => process.exit(3))", 3],
    ['by process.exit() in a later turn', 'setTimeout(() => process.exit(3), 5)', 3],
    ['by an uncaught exception', "throw new Error('mine')", 1],
    ['by an unhandled rejection', "Promise.reject(new Error('mine'))", 1],
    ['by having nothing left to do', '', 0],
    [
      'by process.exit() in a second profile',
      'gan.stopProfiling(); gan.startProfiling(); gan.ones([3]); process.exit(3)',
      3,
    ],
  ])('%s has its own exit code and no signal', (_, end, code) => {
    const script = `
      const gan = { ...require('./src/tensor/profiler'), ...require('./src/tensor/create') };
      gan.startProfiling();
      gan.ones([3]);
      ${end};
    `;
    const { status, signal } = spawnSync(process.execPath, [...RUNS_TYPESCRIPT, '-e', script], {
      cwd: ROOT,
      timeout: 50_000,
    });
    expect({ status, signal }).toEqual({ status: code, signal: null });
  });
});
