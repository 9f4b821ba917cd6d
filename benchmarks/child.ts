import { spawn } from 'node:child_process';
import type { Command } from './peers';
import type { Measured } from './task';

/** How a participant's process ended. */
export type Answer<T = Measured> =
  | { readonly measured: T; readonly wallMs: number }
  | { readonly failure: string };

/** The signal that stops everything. */
export interface Stop {
  readonly signal: AbortSignal;
}

/**
 * Runs a participant in a process of its own, with children of its own in the same process group, and reads the last line of its
 * stdout. Whatever goes wrong is a failure in words: the last line it wrote to stderr. When the signal comes, the whole group
 * is killed.
 */
export function ask<T = Measured>({ file, args, env }: Command, { signal }: Stop): Promise<Answer<T>> {
  return new Promise((resolve) => {
    const start = performance.now();
    const child = spawn(file, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const output = { stdout: '', stderr: '' };
    const kill = () => killGroup(child.pid);
    const finish = (answer: Answer<T>) => {
      signal.removeEventListener('abort', kill);
      process.removeListener('exit', kill);
      resolve(answer);
    };
    for (const name of ['stdout', 'stderr'] as const)
      child[name].on('data', (chunk: Buffer) => {
        output[name] += chunk.toString();
      });
    child.on('error', (error) => finish({ failure: error.message }));
    child.on('close', (code, ending) =>
      finish(answerOf(output, { code, ending, wallMs: performance.now() - start })),
    );
    signal.addEventListener('abort', kill);
    process.on('exit', kill);
    if (signal.aborted) kill();
  });
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

interface Ending {
  readonly code: number | null;
  readonly ending: NodeJS.Signals | null;
  readonly wallMs: number;
}

function answerOf<T>(
  { stdout, stderr }: { stdout: string; stderr: string },
  { code, ending, wallMs }: Ending,
): Answer<T> {
  if (code !== 0) {
    const how = ending === null ? `it ended with code ${code}` : `it was ended by ${ending}`;
    return { failure: lastLine(stderr) || how };
  }
  try {
    return { measured: JSON.parse(lastLine(stdout)) as T, wallMs };
  } catch {
    return { failure: `expected its last line to be JSON, but got ${JSON.stringify(lastLine(stdout))}` };
  }
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() ?? '';
}
