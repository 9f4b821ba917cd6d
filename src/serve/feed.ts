import type { ServerResponse } from 'node:http';
import { messageOf } from '../errors';
import { EventStream } from './event-stream';
import type { Limits } from './limits';
import type { LiveRun } from './live-run';
import { tooBusy } from './refusal';
import type { RunList } from './run-list';
import { summaryOf } from './summary';

/** Between two looks at the disk. */
const TICK_MS = 1_000;
/** Looks between two at runs that nobody selected, and for new ones. */
const SELDOM = 5;

/** Follows the runs for all who look at them, and only while someone does. */
export class Feed {
  readonly #list: RunList;
  readonly #limits: Limits;
  readonly #streams = new Set<EventStream>();
  #timer: NodeJS.Timeout | undefined;
  #ticks = 0;
  #isClosed = false;
  /** The look that is at work. */
  #looking: Promise<void> | undefined;
  readonly #onError: (problem: string) => void;

  /** @param onError is told of what goes wrong in a look; the next one comes all the same */
  constructor(list: RunList, limits: Limits, onError: (problem: string) => void = () => {}) {
    this.#list = list;
    this.#limits = limits;
    this.#onError = onError;
  }

  /** Who looks. */
  get size(): number {
    return this.#streams.size;
  }

  /**
   * Makes a stream of events of a response, until its client goes.
   *
   * @throws Refusal 503 where there are as many as may be
   */
  add(response: ServerResponse, selected: readonly string[]): void {
    if (this.#isClosed || this.#streams.size >= this.#limits.streams)
      throw tooBusy(`${this.#limits.streams} pages are open, as many as may be: close one`);
    const stream = new EventStream(response, selected);
    this.#streams.add(stream);
    response.on('close', () => this.#streams.delete(stream));
    // At once for the one that came.
    this.#ticks = 0;
    clearTimeout(this.#timer);
    if (!this.#looking) this.#schedule(0);
  }

  /** Tells all what came last, and that no more will come. */
  async close(reason: string): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#looking;
    if (this.#streams.size > 0) await this.#look(true);
    for (const stream of this.#streams) stream.end(reason);
  }

  #schedule(milliseconds: number): void {
    this.#timer = setTimeout(() => this.#tick(), milliseconds);
    this.#timer.unref();
  }

  async #tick(): Promise<void> {
    this.#looking = this.#look(this.#ticks++ % SELDOM === 0);
    await this.#looking;
    this.#looking = undefined;
    if (this.#streams.size > 0 && !this.#isClosed) this.#schedule(this.#ticks === 0 ? 0 : TICK_MS);
  }

  /** @param isAll also at runs that nobody selected, and for new ones */
  async #look(isAll: boolean): Promise<void> {
    try {
      if (isAll) await this.#list.scan();
      const runs = this.#list.all;
      for (const run of runs) if (isAll || this.#isSelected(run)) await run.poll();
      this.#tell(runs);
    } catch (error) {
      this.#onError(messageOf(error));
    }
  }

  #tell(runs: readonly LiveRun[]): void {
    const summaries = runs.map(summaryOf);
    for (const stream of this.#streams)
      if (stream.isStuck(this.#limits.readMs)) stream.destroy();
      else stream.update(runs, summaries);
  }

  #isSelected({ id }: LiveRun): boolean {
    return [...this.#streams].some((stream) => stream.selected.has(id));
  }
}
