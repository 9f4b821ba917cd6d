import { loggedRates } from './learning-rates';
import type { StepNumbers } from './scoreboard';
import { placeOf } from './stages';
import type { Training } from './training';

/** What a line of the log tells beside losses and rates. */
export interface LineParts {
  /** As {@link Speed.measure} gives it. */
  readonly speed: Readonly<Record<string, number>>;
  readonly numbers: StepNumbers;
  /** Counts of skipped updates. */
  readonly skipped: Readonly<Record<string, number>>;
  /** How often the run has gone back. */
  readonly rollbacks: number;
}

/** The numbers of a line of the log. */
export function lineOf(
  training: Pick<Training, 'stages' | 'step' | 'phases'>,
  { speed, numbers, skipped, rollbacks }: LineParts,
): Record<string, number> {
  const stage = placeOf(training)?.number;
  return {
    ...speed,
    ...(stage !== undefined && { stage }),
    ...numbers.losses,
    ...numbers.statistics,
    ...loggedRates(training.phases),
    ...skipped,
    ...(rollbacks > 0 && { rollbacks }),
  };
}
