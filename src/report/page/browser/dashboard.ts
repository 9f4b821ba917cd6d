import type { PageEvents } from '../wire';
import { ComparePanel } from './compare-panel';
import { find, readData } from './dom';
import { type Panel, RunPanel } from './run-panel';
import { type Change, RunStore } from './run-store';
import { RunTable } from './run-table';

/** Runs that are looked at together. */
const MOST_SHOWN = 6;
/** After a server that was not there, in milliseconds. */
const AGAIN_MS = 5_000;

const CHANGES: readonly Change[] = ['runs', 'curves', 'lines', 'details', 'head', 'grids', 'end'];

/** The page of runs: a table of all, below it those that are chosen, which the address keeps. */
class Dashboard {
  readonly #store = new RunStore();
  readonly #table: RunTable;
  readonly #shown = find(document, '#shown', HTMLElement);
  readonly #connection = find(document, '.connection', HTMLElement);
  readonly #makesImages = readData<{ makesImages: boolean }>('options')?.makesImages ?? false;
  #selected: readonly string[] = [];
  #panel: Panel | undefined;
  #source: EventSource | undefined;
  #isOver = false;

  constructor() {
    this.#table = new RunTable(document, {
      onOpen: (id) => this.#choose([id]),
      onToggle: (id, isOn) =>
        this.#choose(
          isOn ? [...this.#selected, id].slice(-MOST_SHOWN) : this.#selected.filter((other) => other !== id),
        ),
    });
    window.addEventListener('hashchange', () => this.#select(chosen()));
    this.#select(chosen());
  }

  #choose(ids: readonly string[]): void {
    location.hash = ids.map(encodeURIComponent).join(',');
  }

  #select(ids: readonly string[]): void {
    this.#selected = ids;
    this.#store.show(ids);
    this.#panel = undefined;
    this.#makePanel();
    this.#table.update(this.#store.summaries, ids);
    this.#connect();
  }

  /** Only when the runs have their names. */
  #makePanel(): void {
    const { shown, summaries } = this.#store;
    const [first] = shown;
    if (!first) this.#shown.innerHTML = '';
    else if (summaries.length > 0)
      this.#panel =
        shown.length === 1
          ? new RunPanel(this.#shown, first, { makesImages: this.#makesImages })
          : new ComparePanel(this.#shown, this.#store);
  }

  #connect(): void {
    this.#source?.close();
    const query =
      this.#selected.length > 0 ? `?runs=${this.#selected.map(encodeURIComponent).join(',')}` : '';
    const source = new EventSource(`/events${query}`);
    this.#source = source;
    source.addEventListener('open', () => this.#tell('live', 'live'));
    source.addEventListener('error', () => {
      if (this.#isOver || this.#source !== source) return;
      this.#tell('lost', 'connection lost, trying again …');
      // A refused connection is not tried again by the browser.
      if (source.readyState === EventSource.CLOSED)
        setTimeout(() => this.#source === source && this.#connect(), AGAIN_MS);
    });
    for (const change of CHANGES)
      source.addEventListener(change, (event) =>
        this.#take(change, JSON.parse((event as MessageEvent<string>).data)),
      );
  }

  #take<K extends Change>(change: K, data: PageEvents[K]): void {
    this.#store.take(change, data);
    if (change === 'end' && 'reason' in data) this.#end(data.reason);
    if (change === 'runs') this.#showRuns();
    if ('id' in data) this.#panel?.update(change, data.id);
  }

  #showRuns(): void {
    const { summaries } = this.#store;
    this.#table.update(summaries, this.#selected);
    const [only] = summaries;
    if (summaries.length === 1 && this.#selected.length === 0 && !this.#isChosen) this.#choose([only.id]);
    this.#isChosen = true;
    if (this.#panel) for (const id of this.#selected) this.#panel.update('runs', id);
    else this.#makePanel();
  }

  /** A run that is alone is shown without being asked for; once. */
  #isChosen = false;

  #end(reason: string): void {
    this.#isOver = true;
    this.#source?.close();
    this.#tell('lost', reason);
  }

  #tell(state: string, text: string): void {
    this.#connection.className = `connection ${state}`;
    if (this.#connection.textContent !== text) this.#connection.textContent = text;
  }
}

/** The runs that the address names. */
function chosen(): string[] {
  const names = location.hash
    .slice(1)
    .split(',')
    .filter((name) => name !== '');
  return [...new Set(names.map(decodeURIComponent))].slice(0, MOST_SHOWN);
}

new Dashboard();
