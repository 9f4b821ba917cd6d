import { Refusal, tooBusy } from './refusal';

/** Bounds of a {@link JobQueue}. */
export interface JobQueueOptions {
  /** Jobs that wait. */
  readonly most: number;
  /** How long one waits, in milliseconds. */
  readonly waitMs: number;
  /** Jobs that are begun and not ended (1). */
  readonly atOnce?: number;
}

interface Waiting {
  readonly begin: () => void;
  readonly fail: (reason: Refusal) => void;
}

/** Begins jobs in the order in which they came, a few at once. */
export class JobQueue {
  readonly #options: JobQueueOptions;
  readonly #waiting = new Set<Waiting>();
  #begun = 0;
  #closed: string | undefined;

  constructor(options: JobQueueOptions) {
    this.#options = options;
  }

  /** Jobs that wait now. */
  get length(): number {
    return this.#waiting.size;
  }

  /**
   * Does a job when its turn comes.
   *
   * @param signal takes it out of the queue: nobody waits for it any more
   * @throws Refusal 503 where the queue is full, the job has waited too long, or the queue is closed
   */
  async add<T>(job: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    await this.#turn(signal);
    try {
      return await job();
    } finally {
      this.#next();
    }
  }

  /** Refuses all that wait, and all that come. */
  close(reason: string): void {
    this.#closed = reason;
    for (const { fail } of [...this.#waiting]) fail(tooBusy(reason));
  }

  #turn(signal: AbortSignal | undefined): Promise<void> {
    const { most, waitMs, atOnce = 1 } = this.#options;
    if (this.#closed !== undefined) throw tooBusy(this.#closed);
    if (signal?.aborted) throw new Refusal(499, 'the client has gone');
    if (this.#begun < atOnce) {
      this.#begun++;
      return Promise.resolve();
    }
    if (this.#waiting.size >= most)
      throw tooBusy(`${most} requests wait already, as many as may: come again later`);
    return new Promise((resolve, reject) => {
      const leave = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        this.#waiting.delete(waiting);
      };
      const fail = (reason: Refusal) => {
        leave();
        reject(reason);
      };
      const begin = () => {
        leave();
        resolve();
      };
      const waiting = { begin, fail };
      const onAbort = () => fail(new Refusal(499, 'the client has gone'));
      const timer = setTimeout(
        () => fail(tooBusy(`waited for ${waitMs / 1000} s: come again later`)),
        waitMs,
      );
      timer.unref();
      signal?.addEventListener('abort', onAbort);
      this.#waiting.add(waiting);
    });
  }

  #next(): void {
    const [first] = this.#waiting;
    if (first) first.begin();
    else this.#begun--;
  }
}
