import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { RUNS_TYPESCRIPT } from '../support/typescript';

const root = join(__dirname, '..', '..');

/** How a command ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a command is started. */
export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Files that are loaded before it. */
  readonly before?: readonly string[];
}

/** A command of the library in a process of its own. */
export function startCommand(argv: readonly string[], { env, before = [] }: CommandOptions = {}) {
  const [command, ...rest] = argv;
  const loaded = [...RUNS_TYPESCRIPT, ...before.flatMap((name) => ['-r', join(__dirname, name)])];
  const child = spawn(process.execPath, [...loaded, join(root, 'scripts', `${command}.ts`), ...rest], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, OMP_NUM_THREADS: '1', NO_COLOR: '1', ...env },
  });
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', (piece) => {
      text[name] += piece;
    });
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal, ...text }));
  });
  return { child, ended };
}

/** Runs a command to its end. */
export function runCommand(argv: readonly string[], options?: CommandOptions): Promise<Ended> {
  return startCommand(argv, options).ended;
}

/** Checks that a command that failed says so in one line, without a stack. */
export function expectOneLine({ stderr }: Pick<Ended, 'stderr'>, text: string | RegExp = ''): void {
  const errors = stderr.split('\n').filter((line) => line.startsWith('error: '));
  expect({ errors: errors.length, stderr }).toEqual({ errors: 1, stderr });
  expect(errors[0]).toMatch(text);
  expectNoStack({ stderr });
}

/** Checks that nothing on stderr is a stack trace, or what JavaScript makes of nothing. */
export function expectNoStack({ stderr }: Pick<Ended, 'stderr'>): void {
  expect(stderr).not.toMatch(/^\s+at .*[:(]|Error: |\bundefined\b|\[object|Fatal|Segmentation/m);
}
