import { find } from './dom';
import { LiveCharts } from './live-charts';
import { LiveScrubber } from './live-scrubber';
import { MakePanel } from './make-panel';
import { offerCopy } from './offer-copy';
import type { Change, ShownRun } from './run-store';
import { append, Slot } from './slot';

/** What shows one run or several. */
export interface Panel {
  /** Draws what an event has changed of a run. */
  update(change: Change, id: string): void;
}

const GRID_WIDTH = 640;

/** One run: its report page, while it grows, and images of its model. */
export class RunPanel implements Panel {
  readonly #run: ShownRun;
  readonly #head: Slot;
  readonly #samples: LiveScrubber;
  readonly #metrics: LiveCharts;
  readonly #curves: LiveCharts;
  readonly #rest: Slot;
  #metricsText = '';

  constructor(root: HTMLElement, run: ShownRun, { makesImages }: { readonly makesImages: boolean }) {
    this.#run = run;
    root.innerHTML = `<div class="run"></div>`;
    const panel = find(root, '.run', HTMLElement);
    this.#head = new Slot(append(panel, 'head'));
    const samples = append(panel, 'samples');
    samples.innerHTML =
      '<section aria-labelledby="samples"><h2 id="samples">Samples</h2><div></div></section>';
    this.#samples = new LiveScrubber(find(samples, 'div', HTMLElement), GRID_WIDTH);
    if (makesImages) new MakePanel(append(panel, 'make'), run.id);
    this.#metrics = new LiveCharts(append(panel, 'metrics'));
    this.#curves = new LiveCharts(append(panel, 'curves'));
    this.#rest = new Slot(append(panel, 'rest'));
    for (const change of ['details', 'grids', 'curves'] as const) this.update(change);
  }

  update(change: Change): void {
    if (change === 'details' || change === 'head') this.#showDetails();
    if (change === 'grids') this.#samples.show(this.#run.grids);
    if (change === 'curves' || change === 'lines') this.#curves.show(this.#run.figures);
  }

  #showDetails(): void {
    const { details } = this.#run;
    if (!details) return;
    this.#head.set(details.head);
    const metrics = `${details.metrics}${JSON.stringify(details.charts)}`;
    if (metrics !== this.#metricsText) this.#metrics.showMade(details.metrics, details.charts);
    this.#metricsText = metrics;
    if (this.#rest.set(details.rest))
      this.#rest.element.querySelectorAll<HTMLButtonElement>('button.copy').forEach(offerCopy);
  }
}
