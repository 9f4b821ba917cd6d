import type { Curve } from './thin';

/** What `metrics.jsonl` holds. */
export interface Metrics {
  /** Every loss and statistic by name. */
  readonly curves: ReadonlyMap<string, Curve>;
  /** Of each name, how many values are no finite numbers. */
  readonly notFinite: ReadonlyMap<string, number>;
  /** The last step logged; 0 where none is. */
  readonly lastStep: number;
}
