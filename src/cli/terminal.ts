import type { GanError } from '../errors';
import type { Host, Output } from './host';
import { WatchedOutput } from './watched-output';

/** Where a command runs. */
export interface CommandContext {
  readonly host: Host;
  readonly terminal: Terminal;
}

/** The flags every command has. */
export interface OutputFlags {
  /** Results as JSON, one object a line. */
  readonly json?: boolean;
  /** No progress and no logs. */
  readonly quiet?: boolean;
  /** False with `--no-color`. */
  readonly color?: boolean;
}

const RED = '\x1b[31m';
const YELLOW = '\x1b[33m';
const PLAIN = '\x1b[39m';

/**
 * Where a command's words go: results to stdout, all else to stderr. Colours need a terminal, and neither `NO_COLOR` nor
 * `--no-color`. A reader that goes away (`| head`) never becomes an exception; any other write that fails ends the command, see {@link settle}.
 */
export class Terminal {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly stderr: Output;
  /** Whether stderr is a terminal that wants colours and a moving bar. */
  readonly lively: boolean;
  /** Whether a moving or growing progress has its place: not with `--quiet`, nor between lines of JSON on a screen. */
  readonly showsProgress: boolean;
  /** The clock that progress is shown by. */
  readonly now: () => number;
  /** Aborted when nobody reads stdout any more, or it cannot be written. */
  readonly closed: AbortSignal;
  readonly #stdout: WatchedOutput;

  constructor(host: Host, flags: OutputFlags = {}) {
    this.json = flags.json ?? false;
    this.quiet = flags.quiet ?? false;
    this.stderr = host.stderr;
    this.lively = (host.stderr.isTTY ?? false) && (flags.color ?? true) && !host.env.NO_COLOR;
    this.showsProgress = !this.quiet && !(this.json && (host.stdout.isTTY ?? false));
    this.now = host.now ?? Date.now;
    this.#stdout = WatchedOutput.of(host.stdout);
    this.closed = this.#stdout.closed;
    WatchedOutput.of(host.stderr);
  }

  /** Text that was asked for, such as that of `--help`: as it is, with `--json` too. */
  print(text: string): void {
    this.#stdout.write(text);
  }

  /** A line of the result, for people: left out with `--json`. */
  result(line: string): void {
    if (!this.json) this.#stdout.write(`${line}\n`);
  }

  /** An object of the result, for programs: with `--json` only. */
  record(record: object): void {
    if (this.json) this.#stdout.write(`${JSON.stringify(record)}\n`);
  }

  /** A line about what goes on: left out with `--quiet`. */
  log(line: string): void {
    if (!this.quiet) this.stderr.write(`${line}\n`);
  }

  /** Something the user should know even with `--quiet`. */
  warn(line: string): void {
    this.stderr.write(`${this.#paint(YELLOW, 'warning:')} ${visible(line)}\n`);
  }

  /** Why the command failed. */
  error(line: string): void {
    this.stderr.write(`${this.#paint(RED, 'error:')} ${visible(line)}\n`);
  }

  /** Waits until the results so far are written, and gives the error where they could not be. A reader that went away is none. */
  failure(): Promise<GanError | undefined> {
    return this.#stdout.failure();
  }

  /** Waits until the results are written, and tells where they could not be. @returns the exit code: `code`, but then 1 in place of 0 */
  async settle(code: number): Promise<number> {
    const failure = await this.failure();
    if (!failure) return code;
    this.error(failure.message);
    return code === 0 ? 1 : code;
  }

  #paint(color: string, text: string): string {
    return this.lively ? `${color}${text}${PLAIN}` : text;
  }
}

/** One line whatever names of files are in it: control characters as in JSON, so that none of them steers the terminal. */
function visible(line: string): string {
  return line.replace(
    /[\p{Cc}\u2028\u2029]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
