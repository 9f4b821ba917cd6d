import type { ServerResponse } from 'node:http';
import type { PageEvents, RunSummary } from '../report/page/wire';
import { curvesOf, detailsOf } from './details';
import type { LiveRun } from './live-run';
import { gridAddress } from './summary';

/** After so many lines a page gets its curves anew: thinned as evenly as at its start. */
const MOST_LINES = 2_000;
/** A line that says nothing tells whether the client is still there. */
const PING_MS = 15_000;

/** How far a client was told of a run. */
interface Told {
  generation: number;
  count: number;
  version: number;
  gridVersion: number;
}

/**
 * The server-sent events of one client. Nothing is queued for it: it has a place in each run, and whenever it has read all that was written
 * it gets what came since. So a slow client gets larger steps, and costs no memory.
 */
export class EventStream {
  /** The ids of the runs that it is told everything of. */
  readonly selected: ReadonlySet<string>;
  readonly #response: ServerResponse;
  readonly #told = new Map<string, Told>();
  #runs = '';
  #wrote = Date.now();
  #read = Date.now();

  constructor(response: ServerResponse, selected: readonly string[]) {
    this.#response = response;
    this.selected = new Set(selected);
    response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8', Connection: 'close' });
    // After a lost connection a browser tries again so soon.
    response.write('retry: 2000\n\n');
  }

  /** Whether the client has not read what was written for so long. */
  isStuck(milliseconds: number): boolean {
    if (!this.#response.writableNeedDrain) this.#read = Date.now();
    return Date.now() - this.#read > milliseconds;
  }

  /** Tells what is new: of all runs a line each, of those that were selected everything. Waits for slow clients. */
  update(runs: readonly LiveRun[], summaries: readonly RunSummary[]): void {
    if (this.#response.writableNeedDrain || this.#response.destroyed) return;
    const text = JSON.stringify(summaries);
    if (text !== this.#runs) this.#write('runs', text);
    this.#runs = text;
    // One that is listed no more, and comes again, begins anew.
    const listed = new Set(runs.map(({ id }) => id));
    for (const id of this.#told.keys()) if (!listed.has(id)) this.#told.delete(id);
    for (const run of runs) if (this.selected.has(run.id)) this.#tell(run);
    if (Date.now() - this.#wrote > PING_MS) this.#send(': still here\n\n');
  }

  /** Says that no more will come, and why. */
  end(reason: string): void {
    this.#event('end', { reason });
    this.#response.end();
  }

  destroy(): void {
    this.#response.destroy();
  }

  #tell(run: LiveRun): void {
    const { id, metrics, version, gridVersion } = run;
    const { generation, count } = metrics;
    const told = this.#told.get(id) ?? { generation: -1, count: 0, version: -1, gridVersion: -1 };
    const isNew = told.version !== version;
    if (isNew) this.#event('details', { id, ...detailsOf(run) });
    const since = count - told.count;
    const isFull =
      told.generation !== generation || since > metrics.recent.length || count % MOST_LINES < since;
    if (isFull && (since > 0 || told.generation !== generation))
      this.#event('curves', { id, curves: curvesOf(run) });
    else if (since > 0) this.#event('lines', { id, lines: metrics.recent.slice(-since) });
    if (!isNew && since !== 0) this.#event('head', { id, head: detailsOf(run).head });
    if (told.gridVersion !== gridVersion)
      this.#event('grids', { id, grids: run.grids.all.map((grid) => gridAddress(id, grid)) });
    this.#told.set(id, { generation, count, version, gridVersion });
  }

  #event<K extends keyof PageEvents>(name: K, data: PageEvents[K]): void {
    this.#write(name, JSON.stringify(data));
  }

  #write(name: string, json: string): void {
    this.#send(`event: ${name}\ndata: ${json}\n\n`);
  }

  #send(text: string): void {
    this.#wrote = Date.now();
    this.#response.write(text);
  }
}
