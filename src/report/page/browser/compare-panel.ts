import { overlay } from '../chart/compare';
import { type Html, html } from '../html';
import { Charts } from '../sections/figure';
import { find } from './dom';
import { LiveCharts } from './live-charts';
import { LiveScrubber } from './live-scrubber';
import type { Panel } from './run-panel';
import type { Change, RunStore } from './run-store';
import { append, Slot } from './slot';

const COLUMN_WIDTH = 360;

/** Several runs side by side: their figures, their grids, and their curves over each other. */
export class ComparePanel implements Panel {
  readonly #store: RunStore;
  readonly #figures: Slot;
  readonly #grids: ReadonlyMap<string, LiveScrubber>;
  readonly #metrics: LiveCharts;
  readonly #curves: LiveCharts;

  constructor(root: HTMLElement, store: RunStore) {
    this.#store = store;
    root.innerHTML = html`<div class="run"><h2>${store.shown.length} runs side by side</h2></div>`.text;
    const panel = find(root, '.run', HTMLElement);
    this.#figures = new Slot(append(panel, 'figures'));
    const beside = append(panel, 'beside');
    this.#grids = new Map(store.shown.map(({ id }, at) => [id, this.#gridsOf(beside, id, at)]));
    this.#metrics = new LiveCharts(append(panel, 'metrics'));
    this.#curves = new LiveCharts(append(panel, 'curves'));
    for (const change of ['runs', 'grids', 'details', 'curves'] as const)
      for (const { id } of store.shown) this.update(change, id);
  }

  update(change: Change, id: string): void {
    if (change === 'runs') this.#showFigures();
    if (change === 'grids')
      this.#grids.get(id)?.show(this.#store.shown.find((run) => run.id === id)?.grids ?? []);
    if (change === 'details') this.#showMetrics();
    if (change === 'curves' || change === 'lines') this.#showCurves();
  }

  #gridsOf(beside: HTMLElement, id: string, at: number): LiveScrubber {
    const column = append(beside, 'column');
    column.innerHTML =
      html`<h3><span class="swatch c${at % 6}"></span>${this.#name(id)}</h3><div></div>`.text;
    return new LiveScrubber(find(column, 'div', HTMLElement), COLUMN_WIDTH);
  }

  #name(id: string): string {
    return this.#store.summary(id)?.name ?? id;
  }

  /** A row for each figure that a run has, a column a run. */
  #showFigures(): void {
    const runs = this.#store.shown.map(({ id }) => this.#store.summary(id));
    const names = [...new Set(runs.flatMap((run) => run?.figures.map(([name]) => name) ?? []))];
    const cell = (run: (typeof runs)[number], name: string) =>
      run?.figures.find(([other]) => other === name)?.[1] ?? '–';
    const heads = runs.map(
      (run, at) => html`<th scope="col"><span class="swatch c${at % 6}"></span>${run?.name}</th>`,
    );
    const rows = names.map(
      (name) =>
        html`<tr><th scope="row">${name}</th>${runs.map((run) => html`<td>${cell(run, name)}</td>`)}</tr>`,
    );
    this.#figures.set(
      html`<div class="scroll" tabindex="0" role="region" aria-label="Figures of the runs"><table class="facts"><thead><tr><th></th>${heads}</tr></thead><tbody>
<tr><th scope="row">What</th>${runs.map((run) => html`<td>${run?.about}</td>`)}</tr>
<tr><th scope="row">State</th>${runs.map((run) => html`<td>${run?.status}</td>`)}</tr>
${rows}</tbody></table></div>`.text,
    );
  }

  #showMetrics(): void {
    const charts = new Charts();
    const shown = overlay(
      this.#store.shown.map(({ id, details }) => ({ name: this.#name(id), charts: details?.charts ?? [] })),
    );
    const figures = shown.map((chart) => charts.add({ chart, note: '', height: 220 }));
    const text = html`<section data-charts aria-labelledby="metrics"><h2 id="metrics">Metrics</h2>
<div class="controls" hidden><label><input type="checkbox"> Logarithmic</label></div><div class="grid">${figures}</div>
${this.#comparability()}</section>`;
    this.#metrics.showMade(shown.length > 0 ? text.text : '', charts.all);
  }

  /** Figures that were measured in different ways say nothing beside each other. */
  #comparability(): Html {
    const judged = this.#store.shown
      .map(({ details }) => details?.protocols ?? [])
      .filter(({ length }) => length > 0);
    const protocols = new Set(judged.flat());
    if (protocols.size === 1) return html`<p class="hint">All were measured by one protocol.</p>`;
    return html`<p class="problem" role="note">Measured by ${protocols.size} protocols: values of different ones cannot be compared. Each run’s own page has them.</p>`;
  }

  #showCurves(): void {
    const { shown } = this.#store;
    const figures = shown.map(({ id, figures }) => ({ name: this.#name(id), figures }));
    const charts = overlay(
      figures.map(({ name, figures: own }) => ({ name, charts: own.map(({ chart }) => chart) })),
    );
    const notes = new Map(
      figures.flatMap(({ figures: own }) => own).map((figure) => [figure.chart.title, figure]),
    );
    this.#curves.show(
      charts.map((chart) => ({
        chart,
        note: notes.get(chart.title)?.note ?? '',
        height: notes.get(chart.title)?.height ?? 220,
      })),
    );
  }
}
