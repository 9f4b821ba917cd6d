import { spawn } from 'node:child_process';
import type { Measured } from './task';

/** A command and what to add to its environment. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** The signal that stops everything. */
export interface Stop {
  readonly signal: AbortSignal;
}

/** How a process ended, and what it wrote. */
export interface Ended {
  /** Null where it did not start, or a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly wallMs: number;
  /** Why it failed, in one line; null where it did not. */
  readonly failure: string | null;
}

/** What a participant answered, or why it did not. */
export type Answer<T = Measured> =
  | { readonly measured: T; readonly wallMs: number }
  | { readonly failure: string };

/**
 * Runs a command to its end, in a process group of its own: when the signal comes, or this process ends, it is killed with all
 * its children. Never rejects.
 */
export function runProcess({ file, args, env, cwd }: Command, { signal }: Stop): Promise<Ended> {
  return new Promise((resolve) => {
    const start = performance.now();
    const child = spawn(file, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const output = { stdout: '', stderr: '' };
    const kill = () => killGroup(child.pid);
    const finish = (code: number | null, failure: string | null) => {
      signal.removeEventListener('abort', kill);
      process.removeListener('exit', kill);
      resolve({ code, ...output, wallMs: performance.now() - start, failure });
    };
    for (const name of ['stdout', 'stderr'] as const)
      child[name].on('data', (chunk: Buffer) => {
        output[name] += chunk.toString();
      });
    child.on('error', (error) => finish(null, error.message));
    child.on('close', (code, ending) => {
      const how = ending === null ? `it ended with code ${code}` : `it was ended by ${ending}`;
      finish(code, code === 0 ? null : lastLine(output.stderr) || how);
    });
    signal.addEventListener('abort', kill);
    process.on('exit', kill);
    if (signal.aborted) kill();
  });
}

/** Runs a participant and reads the last line of its stdout. Whatever goes wrong is a failure in words. */
export async function ask<T = Measured>(command: Command, stop: Stop): Promise<Answer<T>> {
  const { failure, stdout, wallMs } = await runProcess(command, stop);
  if (failure !== null) return { failure };
  const last = lastLine(stdout);
  try {
    return { measured: JSON.parse(last) as T, wallMs };
  } catch {
    return { failure: `expected its last line to be JSON, but got ${JSON.stringify(last)}` };
  }
}

/** The last line of a text that is not empty. */
export function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() ?? '';
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}
