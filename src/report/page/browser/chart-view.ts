import { type Chart, nearestIndex, smooth } from '../chart/chart';
import { drawChart, drawCursor, type Layout, layoutOf } from '../chart/draw';
import { formatReading, lastReading } from '../chart/scale';
import { find } from './dom';

/** A chart in the page: draws itself anew in its own width, and reads values off where the pointer or the arrow keys are. */
export class ChartView {
  #chart: Chart;
  readonly #plot: HTMLElement;
  readonly #svg: SVGElement;
  readonly #step: HTMLElement;
  readonly #values: readonly HTMLElement[];
  readonly #notes: readonly HTMLElement[];
  #last: readonly string[];
  #steps: readonly number[];
  readonly #height: number;
  #layout: Layout | null = null;
  #smoothing = 0;
  #log = false;
  #cursor = -1;

  constructor(figure: Element, chart: Chart) {
    this.#chart = chart;
    this.#plot = find(figure, '.plot', HTMLElement);
    this.#svg = find(figure, '.plot svg', SVGElement);
    this.#step = find(figure, '.at', HTMLElement);
    this.#values = [...figure.querySelectorAll<HTMLElement>('.legend .value')];
    this.#last = this.#values.map((value) => value.textContent ?? '');
    this.#notes = [...figure.querySelectorAll<HTMLElement>('.legend .note')];
    this.#steps = stepsOf(chart);
    this.#height = Number(this.#svg.getAttribute('height'));
    this.#plot.tabIndex = 0;
    this.#plot.setAttribute('role', 'slider');
    this.#plot.setAttribute('aria-label', `${chart.title}: values by step`);
    this.#plot.addEventListener('pointermove', (event) => this.#point(event));
    this.#plot.addEventListener('pointerdown', (event) => this.#point(event));
    this.#plot.addEventListener('pointerleave', () => this.#read(-1));
    this.#plot.addEventListener('blur', () => this.#read(-1));
    this.#plot.addEventListener('keydown', (event) => this.#key(event));
    new ResizeObserver(() => this.draw()).observe(this.#plot);
  }

  /** Changes what the section's controls say. */
  set({ smoothing, log }: { readonly smoothing: number; readonly log: boolean }): void {
    this.#smoothing = this.#chart.smoothable ? smoothing : 0;
    this.#log = this.#chart.logarithmic && log;
    this.draw();
  }

  /** Draws another chart of the same lines: one that has grown. */
  replace(chart: Chart): void {
    this.#chart = chart;
    this.#steps = stepsOf(chart);
    this.#last = chart.series.map(({ y }) => lastReading(y));
    chart.series.forEach(({ note }, at) => {
      this.#notes[at].textContent = note;
    });
    this.draw();
  }

  /** Draws everything anew. */
  draw(): void {
    const width = Math.round(this.#plot.clientWidth);
    if (width === 0) return;
    const view = { width, height: this.#height, log: this.#log, smoothing: this.#smoothing };
    this.#layout = layoutOf(this.#chart, view);
    this.#svg.setAttribute('viewBox', `0 0 ${width} ${this.#height}`);
    this.#svg.innerHTML = `${drawChart(this.#chart, view)}<g class="cursor"></g>`;
    this.#read(this.#cursor);
  }

  #point(event: PointerEvent): void {
    if (!this.#layout) return;
    const box = this.#svg.getBoundingClientRect();
    const step = this.#layout.x.invert(event.clientX - box.left);
    this.#read(nearestIndex(this.#steps, step));
  }

  #key(event: KeyboardEvent): void {
    const last = this.#steps.length - 1;
    const from = this.#cursor < 0 ? last + 1 : this.#cursor;
    const by = Math.max(1, Math.round(last / 20));
    const to: Record<string, number> = {
      ArrowLeft: from - 1,
      ArrowRight: from + 1,
      PageDown: from - by,
      PageUp: from + by,
      Home: 0,
      End: last,
    };
    if (event.key === 'Escape') this.#read(-1);
    if (!(event.key in to)) return;
    event.preventDefault();
    this.#read(Math.min(last, Math.max(0, to[event.key])));
  }

  /** Shows the values at the step of this index, the last ones at -1. */
  #read(index: number): void {
    this.#cursor = index;
    const layout = this.#layout;
    const overlay = this.#svg.querySelector('.cursor');
    if (!overlay || !layout) return;
    if (index < 0) {
      overlay.innerHTML = '';
      this.#step.textContent = '';
      this.#values.forEach((value, at) => {
        value.textContent = this.#last[at];
      });
      return;
    }
    const step = this.#steps[index];
    const dots = this.#chart.series.map(({ x, y, color }) => {
      const at = nearestIndex(x, step);
      const curve = smooth(y, this.#smoothing);
      const measured = x[at] === step ? (y[at] ?? null) : null;
      return { x: step, y: measured === null ? Number.NaN : (curve[at] ?? Number.NaN), measured, color };
    });
    overlay.innerHTML = drawCursor(step, dots, layout);
    this.#step.textContent = `step ${step.toLocaleString('en-US')}`;
    dots.forEach(({ measured }, at) => {
      this.#values[at].textContent = measured === null ? '–' : formatReading(measured);
    });
    const readings = this.#chart.series.map(({ label }, at) => `${label} ${this.#values[at].textContent}`);
    this.#plot.setAttribute('aria-valuemin', String(this.#steps[0]));
    this.#plot.setAttribute('aria-valuemax', String(this.#steps.at(-1)));
    this.#plot.setAttribute('aria-valuenow', String(step));
    this.#plot.setAttribute('aria-valuetext', `${this.#step.textContent}: ${readings.join(', ')}`);
  }
}

function stepsOf(chart: Chart): number[] {
  return [...new Set(chart.series.flatMap(({ x }) => x))].sort((a, b) => a - b);
}
