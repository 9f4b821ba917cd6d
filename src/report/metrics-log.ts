import { fsyncSync, ftruncateSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { closeQuietly } from '../io/close-quietly';
import { writeError } from '../io/file-error';
import { writeWholeSync } from '../io/whole-file';

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
  #descriptor: number | null = null;

  /**
   * Opens the file, or makes it.
   *
   * @param options.after keeps the lines up to this step and drops the rest, which a run resumed from step `after` writes again (0 drops
   *   all), and what is no whole line: one that a crash cut off, or that was damaged
   * @throws GanError `ERR_CANNOT_WRITE`
   */
  constructor(file: string, options: { readonly after?: number } = {}) {
    this.#file = file;
    try {
      this.#descriptor = openSync(file, 'a+');
      const before = readFileSync(this.#descriptor);
      const kept = keptLines(before, options.after ?? 0);
      if (before.subarray(0, kept.length).equals(kept)) ftruncateSync(this.#descriptor, kept.length);
      else this.#replace(kept);
    } catch (error) {
      this.close();
      throw writeError(file, error);
    }
  }

  /** With other content, whole or not at all. */
  #replace(content: Buffer): void {
    this.close();
    writeWholeSync(this.#file, content);
    this.#descriptor = openSync(this.#file, 'a+');
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

  /** Closes the file; a second call does nothing. What the disk may have refused, {@link sync} has told. */
  close(): void {
    if (this.#descriptor !== null) closeQuietly(this.#descriptor);
    this.#descriptor = null;
  }
}

/** The lines that are whole and no later than step `after`, each step once. */
function keptLines(content: Buffer, after: number): Buffer {
  const lines: Buffer[] = [];
  const seen = new Set<number>();
  for (let start = 0, end = content.indexOf('\n'); end !== -1; end = content.indexOf('\n', start)) {
    const line = content.subarray(start, end + 1);
    const step = stepOf(line.toString('utf8'));
    start = end + 1;
    if (step === undefined || step > after || seen.has(step)) continue;
    seen.add(step);
    lines.push(line);
  }
  return Buffer.concat(lines);
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
