import type { TrainingEvaluation } from './evaluation';
import type { StagePlace } from './stages';

/** What one logging interval brought. */
export interface Report {
  /** Steps done. */
  readonly step: number;
  /** Steps to do in all. */
  readonly steps: number;
  /** The stage of that step, of a training in stages. */
  readonly stage?: StagePlace;
  /** Passes through the data set that were begun. */
  readonly epoch: number;
  /** Real images a second since the last report. */
  readonly imagesPerSecond: number;
  /** The newest loss of each phase. */
  readonly losses: Readonly<Record<string, number>>;
  /** What phases logged. */
  readonly statistics: Readonly<Record<string, number>>;
  /** How many updates of each phase were skipped, where that is wanted. */
  readonly skipped?: Readonly<Record<string, number>>;
  /** Path of the newest sample grid. */
  readonly samples?: string;
  /** Path of the newest checkpoint. */
  readonly checkpoint?: string;
  /** The evaluation since the last report, where there was one. */
  readonly evaluation?: TrainingEvaluation;
  /** Something to tell the user, e.g. a damaged checkpoint that was passed over. */
  readonly notes: readonly string[];
}
