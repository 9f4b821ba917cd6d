import { GanError } from '../errors';
import type { Divergence } from './divergence-policy';
import type { StepNumbers } from './scoreboard';

/** Where a training stands, for the error that ends it. */
export interface Place {
  readonly step: number;
  /** The last good checkpoint. */
  readonly checkpoint: string | undefined;
}

/**
 * What was expected and what came, where a loss or a gradient is not finite; null where all are. Where such updates are skipped, a phase
 * must have too many in a row.
 */
export function divergenceOf(
  { losses, faults, rows }: StepNumbers,
  { onDivergence, skipLimit }: Pick<Divergence, 'onDivergence' | 'skipLimit'>,
): string | null {
  // In the order of the phases: what one spoils is in the losses of those after it.
  for (const [phase, loss] of Object.entries(losses)) {
    if (onDivergence === 'skip') {
      if (rows[phase] >= skipLimit)
        return `finite losses and gradients but ${rows[phase]} updates of phase ${phase} in a row had others and were skipped, and ${skipLimit} are the limit`;
    } else if (!Number.isFinite(loss)) return `finite losses but phase ${phase} gave ${loss}`;
    else if (faults[phase] > 0)
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
