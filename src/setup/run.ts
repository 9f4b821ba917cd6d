import { spawn, spawnSync } from 'node:child_process';

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

/** The first line a program prints for `args`, or `null` where it is not there or fails. */
export function firstLine(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): string | null {
  const result = spawnSync(command, args, { encoding: 'utf8', env, timeout: 20_000 });
  if (result.error || result.status !== 0) return null;
  return result.stdout.split('\n')[0].trim();
}
