import { GanError } from '../errors';
import type { StepNumbers } from './scoreboard';

/** Where a training stands, for the error that ends it. */
export interface Place {
  readonly step: number;
  /** The last good checkpoint. */
  readonly checkpoint: string | undefined;
}

/**
 * @throws GanError `ERR_DIVERGED` where a loss is NaN or infinite, or a phase had gradients that are: the step, the phase, and the last
 *   good checkpoint.
 */
export function assertFinite(numbers: StepNumbers, place: Place): void {
  const problem = divergenceOf(numbers);
  if (problem !== null) throw diverged(place, problem);
}

/** What was expected and what came, where a loss or a gradient is not finite; null where all are. */
export function divergenceOf({ losses, faults }: StepNumbers): string | null {
  // In the order of the phases: what one spoils is in the losses of those after it.
  for (const [phase, loss] of Object.entries(losses)) {
    if (!Number.isFinite(loss)) return `finite losses but phase ${phase} gave ${loss}`;
    if (faults[phase] > 0)
      return `finite gradients but those of phase ${phase} held NaN or infinity, though its loss is finite`;
  }
  return null;
}

/** The error `ERR_DIVERGED`; `problem` says what was expected and what came. */
export function diverged({ step, checkpoint }: Place, problem: string): GanError {
  const way = checkpoint
    ? `the last good checkpoint is ${checkpoint}`
    : 'no checkpoint was written before; train with checkpointEvery to have one';
  return new GanError(
    'ERR_DIVERGED',
    `training diverged at step ${step}: expected ${problem}; ${way}; lower the learning rate, or clip gradients`,
  );
}
