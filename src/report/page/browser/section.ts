import type { Chart } from '../chart/chart';
import { ChartView } from './chart-view';
import { find } from './dom';

/** What the controls of a section say. */
export interface SectionView {
  readonly smoothing: number;
  readonly log: boolean;
}

/** A section of charts, which obey its controls. */
export class ChartSection {
  readonly #section: Element;
  readonly #views: readonly ChartView[];
  readonly #smoothing: HTMLInputElement | null;
  readonly #log: HTMLInputElement | null;
  #charts: readonly Chart[];

  /** @param charts by the numbers that figures have */
  constructor(section: Element, charts: readonly Chart[]) {
    this.#section = section;
    const figures = [...section.querySelectorAll<HTMLElement>('figure[data-chart]')];
    this.#charts = figures.map((figure) => charts[Number(figure.dataset.chart)]);
    this.#views = figures.map((figure, at) => new ChartView(figure, this.#charts[at]));
    const controls = section.querySelector('.controls');
    this.#smoothing = controls?.querySelector<HTMLInputElement>('input[type=range]') ?? null;
    this.#log = controls?.querySelector<HTMLInputElement>('input[type=checkbox]') ?? null;
    for (const input of [this.#smoothing, this.#log]) input?.addEventListener('input', () => this.#update());
    if (controls instanceof HTMLElement) controls.hidden = false;
    this.#update();
  }

  get view(): SectionView {
    return { smoothing: this.#smoothing?.valueAsNumber ?? 0, log: this.#log?.checked ?? false };
  }

  /** As a reader had set them before. */
  set view({ smoothing, log }: SectionView) {
    if (this.#smoothing) this.#smoothing.valueAsNumber = smoothing;
    if (this.#log) this.#log.checked = log;
    this.#update();
  }

  /** Draws longer curves of the same charts; false where they are others, and the section must be made anew. */
  replace(charts: readonly Chart[]): boolean {
    if (linesIn(charts) !== linesIn(this.#charts)) return false;
    this.#charts = charts;
    this.#views.forEach((view, at) => {
      view.replace(charts[at]);
    });
    return true;
  }

  #update(): void {
    const { view } = this;
    if (this.#smoothing)
      find(this.#section, '.controls output', HTMLElement).textContent = view.smoothing.toFixed(2);
    for (const one of this.#views) one.set(view);
  }
}

function linesIn(charts: readonly Chart[]): string {
  return JSON.stringify(charts.map(({ title, series }) => [title, series.map(({ label }) => label)]));
}
