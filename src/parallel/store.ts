import { GanError, messageOf } from '../errors';

/** Texts by key that all members see, in a process of their own or at rank 0. */
export interface Store {
  set(key: string, value: string): void;
  /** An empty text where the key is not there yet. */
  get(key: string): string;
  delete(key: string): void;
}

/** What a member says of itself. */
interface Activity {
  readonly activity: string;
  /** How long others wait for it meanwhile, in seconds. */
  readonly seconds: number;
  /** When it said so, in ms since 1970. */
  readonly at: number;
}

/** How long a member sleeps before it looks again, in ms. */
const SLEEP_MS = 1;

/**
 * Where members wait for each other by texts in a store. Past the deadline, and at once where one has left or come to another call, the call
 * throws `ERR_PARALLEL` and names it.
 */
export class Meetings {
  readonly #store: Store;
  readonly #rank: number;
  readonly #size: number;
  readonly #patience: number;
  #calls = 0;
  #waited = 0;

  /** @param patience how long a call waits for others, in seconds */
  constructor(store: Store, { rank, size, patience }: { rank: number; size: number; patience: number }) {
    this.#store = store;
    this.#rank = rank;
    this.#size = size;
    this.#patience = patience;
    this.enter('the start');
  }

  /** Tells what this member does from now on. */
  enter(activity: string, seconds = this.#patience): void {
    const told: Activity = { activity, seconds, at: Date.now() };
    this.#asking(() => this.#store.set(`activity/${this.#rank}`, JSON.stringify(told)));
  }

  /** Tells that this member ends with an exit code, and comes to no call any more. */
  leave(code: number): void {
    this.#store.set(`left/${this.#rank}`, `${code}`);
  }

  /** Waits until all have come to the same call, and gives the text of each. */
  meet(call: string, text = ''): string[] {
    return this.#asking(() => {
      const start = performance.now();
      const key = `call/${++this.#calls}`;
      this.#store.set(`${key}/${this.#rank}`, JSON.stringify([call, text]));
      const texts = Array.from({ length: this.#size }, (_, from) => this.#textOf(from, { key, call, start }));
      this.#waited += (performance.now() - start) / 1000;
      // Who came to this call has read all of the one before the last.
      if (this.#calls > 2) this.#store.delete(`call/${this.#calls - 2}/${this.#rank}`);
      return texts;
    });
  }

  /** Seconds in meetings since the last time it was asked. */
  takeWaited(): number {
    const waited = this.#waited;
    this.#waited = 0;
    return waited;
  }

  #textOf(from: number, { key, call, start }: { key: string; call: string; start: number }): string {
    for (;;) {
      const found = this.#store.get(`${key}/${from}`);
      if (found !== '') {
        const [theirs, text] = JSON.parse(found);
        if (theirs === call) return text;
        throw new GanError(
          'ERR_PARALLEL',
          `expected all to come to the same call, but rank ${from} came to ${theirs} and rank ${this.#rank} to ${call}: every process must call the same in the same order`,
        );
      }
      this.#requireComing(from, call, (performance.now() - start) / 1000);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, SLEEP_MS);
    }
  }

  #requireComing(from: number, call: string, waited: number): void {
    const last = this.#store.get(`activity/${from}`);
    const { activity, seconds, at }: Activity =
      last === '' ? { activity: 'nothing', seconds: 0, at: Date.now() } : JSON.parse(last);
    const left = this.#store.get(`left/${from}`);
    if (left !== '')
      throw new GanError(
        'ERR_PARALLEL',
        `expected rank ${from} at ${call} but it ended with exit code ${left}: it was in ${activity}`,
      );
    const patience = Math.max(this.#patience, seconds);
    if (waited < patience) return;
    const ago = Math.max(0, Math.round((Date.now() - at) / 1000));
    throw new GanError(
      'ERR_PARALLEL',
      `rank ${from} did not come to ${call} within ${patience} s: it was last seen in ${activity}, which it began ${ago} s ago`,
    );
  }

  #asking<T>(body: () => T): T {
    try {
      return body();
    } catch (error) {
      if (error instanceof GanError && error.code === 'ERR_PARALLEL') throw error;
      const reason = messageOf(error).split('\n')[0];
      throw new GanError('ERR_PARALLEL', `rank 0, where the processes meet, does not answer: ${reason}`, {
        cause: error,
      });
    }
  }
}
