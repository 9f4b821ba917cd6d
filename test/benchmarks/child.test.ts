import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from '../../benchmarks/child';

const { signal } = new AbortController();
const node = (script: string) => ({ file: process.execPath, args: ['-e', script] });

test('a program that is not there is a failure in words', async () => {
  expect(await ask({ file: '/no/such/program', args: [] }, { signal })).toEqual({
    failure: expect.stringContaining('ENOENT'),
  });
});

test('a process that fails is told by its last line on stderr', async () => {
  const script = 'console.error("Traceback…\\nValueError: no"); console.log("{}"); process.exitCode = 3';
  expect(await ask(node(script), { signal })).toEqual({ failure: 'ValueError: no' });
});

test('a process that fails silently is told by how it ended', async () => {
  expect(await ask(node('process.exit(7)'), { signal })).toEqual({ failure: 'it ended with code 7' });
  expect(await ask(node('process.kill(process.pid, "SIGKILL")'), { signal })).toEqual({
    failure: 'it was ended by SIGKILL',
  });
});

test('an answer that is no JSON is a failure', async () => {
  expect(await ask(node('console.log("{}"); console.log("so it is")'), { signal })).toEqual({
    failure: 'expected its last line to be JSON, but got "so it is"',
  });
});

test('the answer is the last line, whatever came before', async () => {
  const answer = await ask(node('console.log("hello"); console.log(JSON.stringify({ figures: { a: 1 } }))'), {
    signal,
  });
  expect(answer).toEqual({ measured: { figures: { a: 1 } }, wallMs: expect.any(Number) });
});

test('when the run is interrupted, neither a process nor its children stay behind', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'child-'));
  const stop = new AbortController();
  const pids = join(folder, 'pids');
  const script = `
    const { spawn } = require('node:child_process');
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    require('node:fs').writeFileSync(${JSON.stringify(pids)}, process.pid + ' ' + child.pid + ' ');
    setInterval(() => {}, 1000);`;
  const answer = ask(node(script), stop);
  while (!existsSync(pids) || !readFileSync(pids, 'utf8').endsWith(' ')) await sleep(20);
  const [parent, child] = readFileSync(pids, 'utf8').trim().split(' ').map(Number);
  stop.abort();
  expect(await answer).toEqual({ failure: 'it was ended by SIGKILL' });
  const deadline = Date.now() + 5_000;
  while ((isAlive(parent) || isAlive(child)) && Date.now() < deadline) await sleep(20);
  expect([isAlive(parent), isAlive(child)]).toEqual([false, false]);
  rmSync(folder, { recursive: true });
});

/** A process that ended and waits to be noticed is not alive. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
