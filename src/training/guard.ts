import { GanError } from '../errors';
import type { StepResult } from './step';

/** Scalars of a step as numbers. */
export interface StepNumbers {
  readonly losses: Record<string, number>;
  readonly statistics: Record<string, number>;
}

/** Brings a step's scalars to the host: waits for the device, so once a logging interval is enough. */
export function readNumbers(result: StepResult): StepNumbers {
  const number = (value: { item(): number } | number) => (typeof value === 'number' ? value : value.item());
  const read = (values: Iterable<[string, { item(): number } | number]>) =>
    Object.fromEntries([...values].map(([name, value]) => [name, number(value)]));
  return { losses: read(result.losses), statistics: read(result.statistics) };
}

/**
 * @throws GanError `ERR_DIVERGED` where a loss is NaN or infinite: the step, the phase, and the last good checkpoint.
 */
export function assertFinite(
  losses: Readonly<Record<string, number>>,
  { step, checkpoint }: { step: number; checkpoint: string | undefined },
): void {
  const found = Object.entries(losses).find(([, loss]) => !Number.isFinite(loss));
  if (!found) return;
  const [phase, loss] = found;
  const way = checkpoint
    ? `the last good checkpoint is ${checkpoint}`
    : 'no checkpoint was written before; train with checkpointEvery to have one';
  throw new GanError(
    'ERR_DIVERGED',
    `training diverged at step ${step}: expected finite losses but phase ${phase} gave ${loss}; ${way}; lower the learning rate, or clip gradients`,
  );
}
