// Trainings whose results reach nobody, or that end before their first step.
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EndSignal } from '../../src/cli/host';
import { main } from '../../src/cli/train';
import { diskFull, FakeHost, readerGone } from './fakes';
import { tinyMnist, writeTinyMnist } from './tiny-data';

let folder: string;
let run: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'broken-output-'));
  writeTinyMnist(folder);
});
beforeEach(() => {
  run = join(mkdtempSync(join(folder, 'case-')), 'run');
});
afterAll(() => rmSync(folder, { recursive: true }));

async function train(steps: number, host: FakeHost, ...more: string[]) {
  const small = ['--set', 'width=4', '--set', 'latentSize=8', '--log-every', '2', '--precision', 'fp32'];
  const data = ['dcgan', ...tinyMnist(folder), '--device', 'cpu', ...small, '--steps', String(steps)];
  const code = await main([...data, '--out', run, ...more], host);
  return { code, stderr: host.stderr.text };
}

const checkpoints = () => {
  const path = join(run, 'checkpoints');
  return existsSync(path) ? readdirSync(path).filter((name) => name.startsWith('step-')) : [];
};

const FULL =
  'error: cannot write standard output: no space is left where it goes: free some, or send it elsewhere (ENOSPC)\n';

test('a disk that is full in the middle ends a training after a checkpoint, with exit code 1', async () => {
  const host = new FakeHost();
  host.stderr.on('line', (line: string) => {
    if (line.startsWith('step 2/')) host.stdout._write = (_chunk, _encoding, done) => done(diskFull());
  });
  const { code, stderr } = await train(50, host, '--json');
  expect([code, stderr.slice(stderr.indexOf('error:'))]).toEqual([1, FULL]);
  expect(checkpoints()).toHaveLength(1);
  expect(checkpoints()).not.toContain('step-000050');
});

test('a disk that is full from the start ends it before the first step, and nothing else is told', async () => {
  const host = new FakeHost();
  host.stdout._write = (_chunk, _encoding, done) => done(diskFull());
  const { code, stderr } = await train(50, host, '--json', '--quiet');
  expect([code, stderr]).toEqual([
    1,
    `warning: interrupted before the first step: nothing was trained\n${FULL}`,
  ]);
});

test('a result at the end that cannot be written is an error', async () => {
  const host = new FakeHost();
  host.stdout._write = (_chunk, _encoding, done) => done(diskFull());
  expect(await train(2, host, '--quiet')).toEqual({ code: 1, stderr: FULL });
  expect(checkpoints()).toEqual(['step-000002']);
});

/** A host whose command is interrupted as soon as it listens. */
class StoppedHost extends FakeHost {
  override on(signal: EndSignal, listener: () => void): void {
    super.on(signal, listener);
    if (signal === 'SIGTERM') queueMicrotask(listener);
  }
}

test('a signal before the first step is told as that, also at a resume', async () => {
  const first = await train(50, new StoppedHost());
  expect([first.code, checkpoints()]).toEqual([143, []]);
  expect(first.stderr).toContain('\nwarning: interrupted before the first step: nothing was trained\n');
  expect(first.stderr).not.toContain('or more already');

  expect((await train(2, new FakeHost())).code).toBe(0);
  const host = new StoppedHost();
  expect(await main(['--resume', run, '--steps', '50', '--quiet'], host)).toBe(143);
  expect(host.stderr.text).toBe('warning: interrupted before a step was done: nothing was trained since\n');
  expect(checkpoints()).toEqual(['step-000002']);
});

test('a reader that goes away before the first step is no error', async () => {
  const host = new FakeHost();
  host.stdout._write = (_chunk, _encoding, done) => done(readerGone());
  const { code, stderr } = await train(50, host, '--json', '--quiet');
  expect([code, stderr]).toEqual([0, 'warning: interrupted before the first step: nothing was trained\n']);
});
