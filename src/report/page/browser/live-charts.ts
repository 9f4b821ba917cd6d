import type { Chart } from '../chart/chart';
import { trainingSection } from '../sections/curves';
import { type ChartFigure, Charts } from '../sections/figure';
import { ChartSection, type SectionView } from './section';

/** A section of charts that grow: drawn on in place, and made anew only where other lines come. */
export class LiveCharts {
  readonly #place: HTMLElement;
  #section: ChartSection | undefined;

  constructor(place: HTMLElement) {
    this.#place = place;
  }

  /** Charts of a training, as the report page has them. */
  show(figures: readonly ChartFigure[]): void {
    if (this.#section?.replace(figures.map(({ chart }) => chart))) return;
    const charts = new Charts();
    const section = trainingSection(figures, charts);
    this.#make(section?.text ?? '', charts.all);
  }

  /** A section that the server has made, with the charts in it. */
  showMade(text: string, charts: readonly Chart[]): void {
    this.#make(text, charts);
  }

  #make(text: string, charts: readonly Chart[]): void {
    const before: SectionView | undefined = this.#section?.view;
    this.#place.innerHTML = text;
    const element = this.#place.querySelector('[data-charts]');
    this.#section = element ? new ChartSection(element, charts) : undefined;
    if (before && this.#section) this.#section.view = before;
  }
}
