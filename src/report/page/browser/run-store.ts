import { curveFigures } from '../sections/curves';
import type { ChartFigure } from '../sections/figure';
import type { Curve } from '../thin';
import type { GridAddress, MetricsRow, PageEvents, RunDetails, RunSummary } from '../wire';

/** What the page knows of a run that is shown. */
export class ShownRun {
  readonly id: string;
  details: RunDetails | undefined;
  grids: readonly GridAddress[] = [];
  readonly #curves = new Map<string, { x: number[]; y: (number | null)[] }>();

  constructor(id: string) {
    this.id = id;
  }

  /** The charts of its training, as the report page has them. */
  get figures(): ChartFigure[] {
    return curveFigures(this.#curves);
  }

  setCurves(curves: Readonly<Record<string, Curve>>): void {
    this.#curves.clear();
    for (const [name, { x, y }] of Object.entries(curves)) this.#curves.set(name, { x: [...x], y: [...y] });
  }

  addLines(lines: readonly MetricsRow[]): void {
    for (const { step, ...values } of lines)
      for (const [name, value] of Object.entries(values)) this.#add(name, step, value);
  }

  #add(name: string, step: number, value: number | null): void {
    const curve = this.#curves.get(name) ?? { x: [], y: [] };
    this.#curves.set(name, curve);
    curve.x.push(step);
    curve.y.push(value);
  }
}

/** What has changed. */
export type Change = keyof PageEvents;

/** What the server has told: all runs in a line each, and everything of those that are shown. */
export class RunStore {
  summaries: readonly RunSummary[] = [];
  readonly #shown = new Map<string, ShownRun>();

  /** Keeps only these, and makes place for those that are new. */
  show(ids: readonly string[]): void {
    for (const id of this.#shown.keys()) if (!ids.includes(id)) this.#shown.delete(id);
    for (const id of ids) if (!this.#shown.has(id)) this.#shown.set(id, new ShownRun(id));
  }

  /** Those that are shown, in the order in which they were chosen. */
  get shown(): readonly ShownRun[] {
    return [...this.#shown.values()];
  }

  summary(id: string): RunSummary | undefined {
    return this.summaries.find((summary) => summary.id === id);
  }

  /** Takes an event. */
  take<K extends Change>(name: K, data: PageEvents[K]): void {
    const taking: { readonly [N in Change]: (data: PageEvents[N]) => void } = {
      runs: (summaries) => {
        this.summaries = summaries;
      },
      curves: ({ id, curves }) => this.#shown.get(id)?.setCurves(curves),
      lines: ({ id, lines }) => this.#shown.get(id)?.addLines(lines),
      details: ({ id, ...details }) => this.#change(id, (run) => Object.assign(run, { details })),
      head: ({ id, head }) =>
        this.#change(id, (run) => {
          if (run.details) run.details = { ...run.details, head };
        }),
      grids: ({ id, grids }) => this.#change(id, (run) => Object.assign(run, { grids })),
      end: () => undefined,
    };
    taking[name](data);
  }

  #change(id: string, change: (run: ShownRun) => void): void {
    const run = this.#shown.get(id);
    if (run) change(run);
  }
}
