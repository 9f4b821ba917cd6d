import { codeOf, GanError, messageOf } from '../errors';
import type { Output } from './host';

/** Of a pipe and of a socket whose other end is closed. */
const READER_GONE: ReadonlySet<string | undefined> = new Set(['EPIPE', 'ECONNRESET']);

const ADVICE: Readonly<Record<string, string>> = {
  ENOSPC: 'no space is left where it goes: free some, or send it elsewhere',
  EDQUOT: 'the disk quota is used up where it goes: free some space, or send it elsewhere',
  EFBIG: 'the file that it goes to may not grow: send it elsewhere',
};

const WATCHED = new WeakMap<Output, WatchedOutput>();

/** A stream and what becomes of what is written to it. It has one listener, which stays, however many commands a process runs. */
export class WatchedOutput {
  readonly #stream: Output;
  readonly #closed = new AbortController();
  #failure: GanError | undefined;
  #written: Promise<void> = Promise.resolve();

  private constructor(stream: Output) {
    this.#stream = stream;
    stream.on('error', (error) => this.#end(error));
  }

  /** That of a stream: always the same. */
  static of(stream: Output): WatchedOutput {
    const known = WATCHED.get(stream);
    if (known) return known;
    const watched = new WatchedOutput(stream);
    WATCHED.set(stream, watched);
    return watched;
  }

  /** Aborted when nothing reaches anybody any more: the reader went away, or (then its reason is the error of {@link failure}) a write failed. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** Writes, without waiting. */
  write(text: string): void {
    this.#written = new Promise((resolve) => {
      this.#stream.write(text, (error) => {
        if (error) this.#end(error);
        resolve();
      });
    });
  }

  /** Waits for what was written so far, and gives the error `ERR_CANNOT_WRITE` where some of it could not be; a reader that went away is none. */
  async failure(): Promise<GanError | undefined> {
    // Writes end in order.
    await this.#written;
    return this.#failure;
  }

  #end(error: unknown): void {
    if (this.closed.aborted) return;
    if (READER_GONE.has(codeOf(error))) {
      this.#closed.abort();
      return;
    }
    this.#failure = outputError(error);
    this.#closed.abort(this.#failure);
  }
}

function outputError(error: unknown): GanError {
  const code = codeOf(error) ?? '';
  const why = Object.hasOwn(ADVICE, code) ? `${ADVICE[code]} (${code})` : messageOf(error);
  return new GanError('ERR_CANNOT_WRITE', `cannot write standard output: ${why}`, { cause: error });
}
