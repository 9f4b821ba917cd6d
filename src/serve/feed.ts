import type { ServerResponse } from 'node:http';
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

  constructor(list: RunList, limits: Limits) {
    this.#list = list;
    this.#limits = limits;
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
    if (!this.#isLooking) this.#schedule(0);
  }

  /** Ends all streams. */
  close(reason: string): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const stream of this.#streams) stream.end(reason);
  }

  #isLooking = false;

  #schedule(milliseconds: number): void {
    this.#timer = setTimeout(() => this.#tick(), milliseconds);
    this.#timer.unref();
  }

  async #tick(): Promise<void> {
    this.#isLooking = true;
    const isSeldom = this.#ticks++ % SELDOM === 0;
    if (isSeldom) await this.#list.scan();
    const runs = this.#list.all;
    for (const run of runs) if (isSeldom || this.#isSelected(run)) await run.poll();
    this.#tell(runs);
    this.#isLooking = false;
    if (this.#streams.size > 0 && !this.#isClosed) this.#schedule(this.#ticks === 0 ? 0 : TICK_MS);
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
