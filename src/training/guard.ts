import { GanError } from '../errors';
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
