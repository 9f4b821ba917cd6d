import { argumentError } from '../check';
import type { Dataset } from '../data/dataset';
import { UsageError } from '../errors';
import type { ReportOptions } from '../report/page/write-report';
import { type DivergenceOptions, divergenceOptions } from './divergence-policy';
import type { EvaluationOptions } from './evaluation-options';
import type { Remedies } from './game';
import type { Initialisation } from './initialisation';
import type { ProfileOptions } from './step-profile';

/** How long to train, and what to leave on disk. */
export interface FitOptions extends DivergenceOptions {
  /** The step to reach, those of a resumed run included. */
  readonly steps: number;
  /** The run directory; nothing is written without. */
  readonly out?: string;
  /** Goes on with the run in `out` (false). */
  readonly resume?: boolean;
  /**
   * With `resume`: the step of the checkpoint to go on from. What the run has of later steps is set aside in a folder of its own, and a note
   * says where (the newest whole checkpoint).
   */
  readonly resumeStep?: number;
  /**
   * What was changed in the model since the run in `out` was trained, a text each: told in its notes and in config.json. The optimizers
   * then go on at the learning rates that they were made with, not at the checkpoint's (none).
   */
  readonly changes?: readonly string[];
  /** Steps between reports and lines of metrics.jsonl (10). */
  readonly logEvery?: number;
  /** Steps between sample grids (100). */
  readonly sampleEvery?: number;
  /** Steps between checkpoints (500). */
  readonly checkpointEvery?: number;
  /** How many of the newest checkpoints are kept, beside `best/`; 0 for all (3). */
  readonly keep?: number;
  /** Images of a sample grid (64). */
  readonly sampleCount?: number;
  /** Images that are not learned: what sample grids show of a model that takes images in (the first of the loader's). */
  readonly heldOut?: Dataset;
  /**
   * When losses are read to see whether they are finite: after each step, or only where they are logged or saved. Reading
   * makes the host wait for the device (`step` on the CPU, `log` on CUDA).
   */
  readonly checkLosses?: 'step' | 'log';
  /** Ends the training after the step in work, with a checkpoint. */
  readonly signal?: AbortSignal;
  /** Measures where the time of some steps goes, once. */
  readonly profile?: ProfileOptions;
  /** What to try where a model's {@link Game} goes wrong, for the warnings (in general words). */
  readonly remedies?: Remedies;
  /** How `report.html` is written at the end; false for not at all. */
  readonly page?: false | ReportOptions;
  /** Judges the model now and then, and keeps the best weights in the run's `best/`. */
  readonly evaluation?: EvaluationOptions;
  /** Kept in config.json and in checkpoints, for whoever builds the same model again. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Why the run must stay as long as it was begun: kept in config.json, for whoever tells how to go on (it can be made longer). */
  readonly fixedLength?: string;
  /** What `initialise` took from other weights: kept in config.json and in checkpoints, those of resumed runs too (none). */
  readonly init?: Initialisation;
}

/** @throws UsageError for no options, a count that is none, or a resume of no run */
export function checkFitOptions(options: FitOptions): void {
  if (typeof options !== 'object' || options === null)
    throw argumentError('fit', 'options, { steps: 1000 } at least,', options);
  const { steps, logEvery, sampleEvery, checkpointEvery, sampleCount } = options;
  const counts = { steps, logEvery, sampleEvery, checkpointEvery, sampleCount };
  for (const [name, value] of Object.entries(counts))
    if (value !== undefined && !(Number.isInteger(value) && value > 0))
      throw new UsageError(`fit expected ${name} to be a positive integer but received ${value}`);
  const { keep = 0 } = options;
  if (!Number.isInteger(keep) || keep < 0)
    throw new UsageError(`fit expected keep to be a positive integer, or 0 for all, but received ${keep}`);
  divergenceOptions(options);
  const { resumeStep } = options;
  if (resumeStep !== undefined && !(options.resume && Number.isInteger(resumeStep) && resumeStep > 0))
    throw new UsageError(
      `fit expected resumeStep to be the step of a checkpoint, with resume: true, but received ${resumeStep}`,
    );
  if (options.resume && options.out === undefined)
    throw new UsageError('fit expected the run directory in `out` to resume but received none');
  if (options.resume && options.init)
    throw new UsageError(
      'fit expected `init` of a new run but received it beside `resume`, which goes on from the run’s own weights: leave one of them out',
    );
}
