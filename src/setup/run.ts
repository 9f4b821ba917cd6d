import { spawn, spawnSync } from 'node:child_process';
import { hasCode } from '../errors';

/** How a command ended. */
export interface Outcome {
  /** The exit code; 127 where the program is not there. */
  readonly code: number;
  /** stdout and stderr in the order they came. */
  readonly output: string;
}

/**
 * Runs a command to its end and collects what it prints, handing each piece to `onOutput` as it comes. It never throws: a
 * program that is not there ends with 127.
 */
export function run(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv; onOutput?: (text: string) => void } = {},
): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const collect = (chunk: Buffer) => {
      const text = chunk.toString();
      output += text;
      options.onOutput?.(text);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', (error) => resolve({ code: 127, output: error.message }));
    child.on('close', (code, signal) =>
      resolve({ code: code ?? 1, output: signal ? `${output}\n${signal}` : output }),
    );
  });
}

/** What came of asking a program something. */
export type Answer =
  | { readonly text: string }
  /** Why it told nothing, in words that follow its name: `is not there`. */
  | { readonly trouble: string };

/** How a program is asked. */
export interface AskOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** How long it may take (20,000). After that it is killed. */
  readonly timeoutMs?: number;
}

/** Runs a program that tells something and ends; it never throws. */
export function ask(
  command: string,
  args: readonly string[],
  { env = process.env, timeoutMs = 20_000 }: AskOptions = {},
): Answer {
  const limits = { timeout: timeoutMs, killSignal: 'SIGKILL' } as const;
  const { error, status, stdout, stderr, signal } = spawnSync(command, args, {
    encoding: 'utf8',
    env,
    ...limits,
  });
  if (hasCode(error, 'ENOENT')) return { trouble: 'is not there' };
  if (hasCode(error, 'ETIMEDOUT')) return { trouble: `did not answer in ${timeoutMs / 1000} s` };
  if (error) return { trouble: `does not start: ${error.message}` };
  if (status === 0) return { text: stdout };
  const reason = `${stderr}\n${stdout}`.trim().split('\n')[0] || 'it said nothing';
  return { trouble: `ended with ${status ?? signal}: ${reason}` };
}

/** The first line a program prints for `args`, or `null` where it is not there or fails. */
export function firstLine(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): string | null {
  const answer = ask(command, args, { env });
  return 'text' in answer ? answer.text.split('\n')[0].trim() : null;
}
