import type { Host, Output } from './host';

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

const CLOSED = new WeakMap<Output, AbortSignal>();

/** Aborted when nobody reads a stream any more. It has one listener, which stays, however many commands a process runs. */
function closedOf(stream: Output): AbortSignal {
  const known = CLOSED.get(stream);
  if (known) return known;
  const closed = new AbortController();
  stream.on('error', () => closed.abort());
  CLOSED.set(stream, closed.signal);
  return closed.signal;
}

/**
 * Where a command's words go: results to stdout, all else to stderr. Colours need a terminal, and neither `NO_COLOR` nor
 * `--no-color`. A reader that goes away (`| head`) never becomes an exception.
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
  /** Aborted when nobody reads stdout any more. */
  readonly closed: AbortSignal;
  readonly #stdout: Output;

  constructor(host: Host, flags: OutputFlags = {}) {
    this.json = flags.json ?? false;
    this.quiet = flags.quiet ?? false;
    this.stderr = host.stderr;
    this.lively = (host.stderr.isTTY ?? false) && (flags.color ?? true) && !host.env.NO_COLOR;
    this.showsProgress = !this.quiet && !(this.json && (host.stdout.isTTY ?? false));
    this.now = host.now ?? Date.now;
    this.#stdout = host.stdout;
    this.closed = closedOf(host.stdout);
    closedOf(host.stderr);
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
