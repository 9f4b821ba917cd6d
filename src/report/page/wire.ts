import type { Chart } from './chart/chart';
import type { Curve } from './thin';

/** A sample grid, as a page asks its server for it. */
export interface GridAddress {
  readonly step: number;
  readonly width: number;
  readonly height: number;
  readonly source: string;
}

/** A run in a line of the page of runs. */
export interface RunSummary {
  readonly id: string;
  readonly name: string;
  /** Recipe, data and so on. */
  readonly about: string;
  /** `training`, `done`, `stopped`, or `gone` where its folder is no more. */
  readonly status: string;
  readonly step: number;
  readonly steps: string;
  /** The newest speed. */
  readonly speed: string;
  /** The first metric that it is judged by. */
  readonly metric: string;
  /** Names with values, for a comparison. */
  readonly figures: readonly (readonly [name: string, value: string])[];
  /** The newest. */
  readonly grid: GridAddress | null;
  readonly problem: string | null;
}

/** Parts of the report page of a run. */
export interface RunDetails {
  readonly head: string;
  readonly metrics: string;
  /** The charts in `metrics`. */
  readonly charts: readonly Chart[];
  readonly rest: string;
  /** How it was judged: equal texts for values that may be compared. */
  readonly protocols: readonly string[];
}

/** Curves by name. */
export type Curves = Readonly<Record<string, Curve>>;

/** A line of a log. */
export interface MetricsRow {
  readonly step: number;
  readonly [name: string]: number | null;
}

/** What a server tells its page, by the name of the event. */
export interface PageEvents {
  readonly runs: readonly RunSummary[];
  /** All curves of a run, in place of what there was. */
  readonly curves: { readonly id: string; readonly curves: Curves };
  /** Lines that came since. */
  readonly lines: { readonly id: string; readonly lines: readonly MetricsRow[] };
  readonly details: { readonly id: string } & RunDetails;
  readonly head: { readonly id: string; readonly head: string };
  readonly grids: { readonly id: string; readonly grids: readonly GridAddress[] };
  /** No more will come. */
  readonly end: { readonly reason: string };
}

/** What a served model takes. */
export interface ModelFacts {
  readonly takes: 'latents' | 'images';
  readonly checkpoint: string;
  readonly step: number;
  /** Which weights: `ema` or `live`. */
  readonly weights: string;
  readonly classNames: readonly string[];
  /** Classes of which images can be asked for; 0 for none. */
  readonly classes: number;
  /** Ways from images to images, by name; none of a model that takes latents. */
  readonly directions: readonly string[];
}
