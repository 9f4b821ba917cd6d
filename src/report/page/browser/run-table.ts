import { html } from '../html';
import type { RunSummary } from '../wire';
import { find } from './dom';

/** What a {@link RunTable} is told by those who use it. */
export interface TableEvents {
  /** Only this one. */
  onOpen(id: string): void;
  /** Beside others, or no more. */
  onToggle(id: string, isOn: boolean): void;
}

/** The table of runs: rows stay where they are while their cells change, so that the focus does. */
export class RunTable {
  readonly #body: HTMLElement;
  readonly #none: HTMLElement;
  readonly #events: TableEvents;
  readonly #rows = new Map<string, HTMLTableRowElement>();

  constructor(root: ParentNode, events: TableEvents) {
    this.#body = find(root, '.runs tbody', HTMLElement);
    this.#none = find(root, '.none', HTMLElement);
    this.#events = events;
  }

  update(summaries: readonly RunSummary[], selected: readonly string[]): void {
    this.#none.hidden = summaries.length > 0;
    for (const summary of summaries)
      this.#fill(this.#row(summary.id), summary, selected.includes(summary.id));
  }

  #row(id: string): HTMLTableRowElement {
    const known = this.#rows.get(id);
    if (known) return known;
    const row = document.createElement('tr');
    row.innerHTML =
      html`<td><input type="checkbox"></td><th scope="row"><a href="#${encodeURIComponent(id)}"></a><small></small></th><td><span class="state"></span></td><td class="steps"></td><td class="speed"></td><td class="metric"></td><td class="grid-cell"></td>`.text;
    const box = find(row, 'input', HTMLInputElement);
    box.addEventListener('change', () => this.#events.onToggle(id, box.checked));
    find(row, 'a', HTMLElement).addEventListener('click', (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.#events.onOpen(id);
    });
    this.#body.append(row);
    this.#rows.set(id, row);
    return row;
  }

  #fill(row: HTMLTableRowElement, summary: RunSummary, isOn: boolean): void {
    const { name, about, status, steps, speed, metric, problem, grid } = summary;
    const box = find(row, 'input', HTMLInputElement);
    box.checked = isOn;
    box.setAttribute('aria-label', `Show ${name}`);
    row.classList.toggle('on', isOn);
    const texts = {
      a: name,
      small: problem ?? about,
      '.state': status,
      '.steps': steps,
      '.speed': speed,
      '.metric': metric,
    };
    for (const [selector, text] of Object.entries(texts)) {
      const cell = find(row, selector, HTMLElement);
      if (cell.textContent !== text) cell.textContent = text;
    }
    find(row, '.state', HTMLElement).className = `state ${status}`;
    const cell = find(row, '.grid-cell', HTMLElement);
    const shown = cell.querySelector('img')?.getAttribute('src');
    if (grid && shown !== grid.source)
      cell.innerHTML =
        html`<img src="${grid.source}" alt="Newest samples of ${name}" width="64" height="64">`.text;
  }
}
