import { UsageError } from '../errors';
import { checkpointOf, latestCheckpoint, type ResumePoint } from './run-directory';
import { requireSame } from './shared-numbers';
import type { Training } from './training';
import { nonFiniteFiles } from './training-state';

/**
 * The checkpoint that a training goes on from, the same for all members of its group: that of a step, or the newest that is whole and finite.
 *
 * @param options.steps how many the training is to have in all
 * @throws GanError as {@link latestCheckpoint} and {@link checkpointOf} do; UsageError where the members see different ones, or it has more steps already
 */
export async function resumePoint(
  training: Training,
  { run, step, steps }: { readonly run: string; readonly step: number | undefined; readonly steps: number },
): Promise<ResumePoint> {
  const look = (files: ResumePoint['files']) => nonFiniteFiles(training, files);
  const point = step === undefined ? await latestCheckpoint(run, look) : await checkpointOf(run, step, look);
  const { step: done } = point.description;
  requireSame(training.group, 'checkpoint', { step: done });
  if (steps < done)
    throw new UsageError(
      `expected at least the ${done} steps that the run has but received ${steps}: give more to go on, or go on from an earlier checkpoint`,
    );
  return point;
}
