import { Writable } from 'node:stream';
import type { Host } from '../src/cli/host';

/** The `main` of a command of `src/cli`. */
export type CommandMain = (argv: readonly string[], host: Host) => Promise<number>;

/** Runs a command in this process, with its progress on stderr; what it writes to stdout is kept. */
export async function runCommand(
  main: CommandMain,
  argv: readonly string[],
): Promise<{ readonly code: number; readonly output: string }> {
  let output = '';
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      output += chunk.toString();
      done();
    },
  });
  const host: Host = {
    stdout,
    stderr: process.stderr,
    env: process.env,
    pid: process.pid,
    kill: (pid, signal) => process.kill(pid, signal),
    on: (signal, listener) => process.on(signal, listener),
    off: (signal, listener) => process.off(signal, listener),
  };
  const code = await main(argv, host);
  return { code, output };
}
