import { GanError, UsageError } from '../errors';
import { decidingNumber } from '../metrics/names';
import { type EvaluationRow, sameProtocol } from '../report/evaluations';
import { collapseNote, type Measured, summarizeMetric } from '../report/summary';
import type { EvaluationOptions } from './evaluation-options';
import { type Judge, type NetworksInTraining, openJudge } from './judges';
import type { Training } from './training';

/** Steps between evaluations. */
const EVERY = 1_000;

/** What an evaluation on the way brought. */
export interface TrainingEvaluation {
  readonly row: EvaluationRow;
  /** The number that decides which weights are best, e.g. `fid`. */
  readonly bestBy: string;
  /** Its best value by this protocol so far, this one included. */
  readonly best: Measured;
  /** Whether this is it. */
  readonly isBest: boolean;
  /** Whether it is the first of its number by its protocol: what was best by another, or is of no row, is neither better nor worse. */
  readonly beginsAnew: boolean;
  /** A sentence where the model has become much worse than its best. */
  readonly collapse?: string;
  /** How long it took, in all. */
  readonly seconds: number;
}

/** Whether the weights of a step are to be judged, in a training of `steps`: those of its end always are. */
export function evaluationDue(
  { evaluation, steps }: { readonly evaluation?: EvaluationOptions; readonly steps: number },
  step: number,
): boolean {
  return evaluation !== undefined && (step % (evaluation.every ?? EVERY) === 0 || step >= steps);
}

/** Judges a model in training now and then. No step of the training depends on whether it does. */
export class RunEvaluator {
  readonly bestBy: string;
  readonly #judge: Judge;
  #rows: EvaluationRow[] = [];

  private constructor(judge: Judge, bestBy: string) {
    this.bestBy = bestBy;
    this.#judge = judge;
  }

  /**
   * Computes the statistics of the real images, or finds them in the cache, where the metrics need them.
   *
   * @throws UsageError for options that do not fit together
   */
  static async begin(
    options: EvaluationOptions,
    training: Pick<Training, 'device' | 'sampler' | 'group'>,
  ): Promise<RunEvaluator> {
    const { metrics = ['fid'], count = 5_000, every = EVERY } = options;
    const bestBy = decidingNumber(metrics, options.bestBy);
    for (const [name, value] of Object.entries({ count, every }))
      if (!Number.isInteger(value) || value < 1)
        throw new UsageError(`evaluation expected ${name} to be a positive integer but received ${value}`);
    return new RunEvaluator(await openJudge({ ...options, count }, training), bestBy);
  }

  /**
   * Judges what the sampler makes with the networks as they are now.
   *
   * @param options.folder - where pictures go; none are drawn without
   * @param options.checkpoint - the run's checkpoint with these weights, where there is one
   * @returns undefined in a process that is not the first of several
   */
  async evaluate(
    training: NetworksInTraining & Pick<Training, 'step'>,
    { folder, checkpoint }: { readonly folder?: string; readonly checkpoint?: string },
  ): Promise<TrainingEvaluation | undefined> {
    const start = performance.now();
    const evaluation = await this.#judge.judge(training, folder);
    if (evaluation === null) return undefined;
    const row = {
      step: training.step,
      source: 'training' as const,
      time: new Date().toISOString(),
      checkpoint,
      ...evaluation,
    };
    return { ...this.#rank(row), seconds: (performance.now() - start) / 1000 };
  }

  /** Forgets all evaluations but those: the training goes on from there. */
  recall(rows: readonly EvaluationRow[]): void {
    this.#rows = [...rows];
  }

  /** Whether it has judged the weights of a step, in this process or before. */
  hasJudged(step: number): boolean {
    return this.#rows.some((row) => row.step === step);
  }

  dispose(): void {
    this.#judge.dispose();
  }

  #rank(row: EvaluationRow): Omit<TrainingEvaluation, 'seconds'> {
    const { bestBy } = this;
    this.#rows.push(row);
    const comparable = this.#rows.filter(({ protocol }) => sameProtocol(protocol, row.protocol));
    const { best, values } = summarizeMetric(comparable, bestBy) ?? {};
    if (!best || !values)
      throw new GanError(
        'ERR_BAD_FEATURES',
        `expected ${bestBy} to be a number but it is ${row.metrics[bestBy]}`,
      );
    const collapse = collapseNote(comparable, bestBy);
    return {
      row,
      bestBy,
      best,
      isBest: best.row === row,
      beginsAnew: values.length === 1,
      ...(collapse !== undefined && { collapse }),
    };
  }
}
