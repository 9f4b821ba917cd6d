import { closeSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { writeError } from '../io/file-error';

/** One line of `metrics.jsonl`. */
export interface MetricsLine {
  /** Steps done. */
  readonly step: number;
  /** Losses and statistics by name. */
  readonly [name: string]: number;
}

/**
 * `metrics.jsonl`: one JSON object a line, each step once, in order. JSON has no NaN and no infinity: both are written as
 * `null`, which every reader takes and plots leave out. A line is in the file when {@link append} returns.
 */
export class MetricsLog {
  readonly #file: string;
  #descriptor: number | null;

  /**
   * Opens the file, or makes it.
   *
   * @param options.after keeps the lines up to this step and drops the rest, a line cut off by a crash included: what a run
   *   resumed from step `after` writes again (0 drops all)
   * @throws GanError `ERR_CANNOT_WRITE`
   */
  constructor(file: string, options: { readonly after?: number } = {}) {
    this.#file = file;
    try {
      this.#descriptor = openSync(file, 'a+');
      ftruncateSync(this.#descriptor, keptBytes(readFileSync(this.#descriptor), options.after ?? 0));
    } catch (error) {
      throw writeError(file, error);
    }
  }

  /**
   * Adds a line.
   *
   * @throws GanError `ERR_CANNOT_WRITE`, also after {@link close}
   */
  append(line: MetricsLine): void {
    try {
      if (this.#descriptor === null) throw new Error('the log was closed');
      // Unlike writeSync it goes on until the whole line is written.
      writeFileSync(this.#descriptor, `${JSON.stringify(line)}\n`);
    } catch (error) {
      throw writeError(this.#file, error);
    }
  }

  /**
   * Waits until the disk has all lines.
   *
   * @throws GanError `ERR_CANNOT_WRITE`
   */
  sync(): void {
    try {
      if (this.#descriptor !== null) fsyncSync(this.#descriptor);
    } catch (error) {
      throw writeError(this.#file, error);
    }
  }

  /** Closes the file; a second call does nothing. */
  close(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor);
    this.#descriptor = null;
  }
}

/** The length of the leading lines that are whole, in order, and no later than step `after`. */
function keptBytes(content: Buffer, after: number): number {
  let kept = 0;
  let previous = Number.NEGATIVE_INFINITY;
  for (let end = content.indexOf('\n'); end !== -1; end = content.indexOf('\n', kept)) {
    const step = stepOf(content.toString('utf8', kept, end));
    if (step === undefined || step <= previous || step > after) break;
    previous = step;
    kept = end + 1;
  }
  return kept;
}

function stepOf(line: string): number | undefined {
  try {
    const value: unknown = JSON.parse(line);
    const isLine = typeof value === 'object' && value !== null && 'step' in value;
    return isLine && typeof value.step === 'number' ? value.step : undefined;
  } catch {
    return undefined;
  }
}
