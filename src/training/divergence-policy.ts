import { UsageError } from '../errors';

/** What a training may do where a loss or a gradient is not finite. */
export const DIVERGENCE_POLICIES = ['stop', 'skip', 'rollback'] as const;

/** One of them. */
export type DivergencePolicy = (typeof DIVERGENCE_POLICIES)[number];

/** What a training does where a loss or a gradient is not finite. */
export interface DivergenceOptions {
  /**
   * `stop` ends with `ERR_DIVERGED`; the last checkpoint stays good. `skip` leaves out each update whose loss or gradients are not finite:
   * parameters, the optimizer's state, buffers that the phase's networks touched and averages of what it trains stay as they were, and the
   * log counts it as `skipped/PHASE`; nothing waits for the device. Draws, data, schedules and intervals go on as if it had been done.
   * `rollback` goes back to the newest finite checkpoint of the run and on with lower learning rates, over the same data (`stop`).
   */
  readonly onDivergence?: DivergencePolicy;
  /** With `skip`: after so many skipped updates of a phase in a row the training ends with `ERR_DIVERGED` (10). */
  readonly skipLimit?: number;
  /** With `rollback`: what multiplies every learning rate each time it goes back, above 0 and at most 1 (0.5). */
  readonly rollbackFactor?: number;
  /** With `rollback`: how often a run goes back, what it did before it was resumed included; then it ends with `ERR_DIVERGED` (3). */
  readonly rollbackLimit?: number;
}

/** All of them decided. */
export type Divergence = Required<DivergenceOptions>;

/** @throws UsageError for a value out of range, or a rollback without a run directory */
export function divergenceOptions(options: DivergenceOptions & { readonly out?: string }): Divergence {
  const { onDivergence = 'stop', skipLimit = 10, rollbackFactor = 0.5, rollbackLimit = 3 } = options;
  if (!DIVERGENCE_POLICIES.includes(onDivergence))
    throw new UsageError(
      `fit expected onDivergence to be one of ${DIVERGENCE_POLICIES.join(', ')} but received ${onDivergence}`,
    );
  for (const [name, value] of Object.entries({ skipLimit, rollbackLimit }))
    if (!Number.isInteger(value) || value < 1)
      throw new UsageError(`fit expected ${name} to be a positive integer but received ${value}`);
  if (!(rollbackFactor > 0 && rollbackFactor <= 1))
    throw new UsageError(
      `fit expected rollbackFactor to be above 0 and at most 1 but received ${rollbackFactor}`,
    );
  if (onDivergence === 'rollback' && options.out === undefined)
    throw new UsageError(
      'fit expected the run directory in `out` for onDivergence: rollback but received none: there would be no checkpoint to go back to',
    );
  return { onDivergence, skipLimit, rollbackFactor, rollbackLimit };
}
