import { checkpointOf, latestCheckpoint, type ResumePoint } from './run-directory';
import { requireSame } from './shared-numbers';
import type { Training } from './training';
import { nonFiniteFiles } from './training-state';

/**
 * The checkpoint that a training goes on from, the same for all members of its group: that of a step, or the newest that is whole and finite.
 *
 * @throws GanError as {@link latestCheckpoint} and {@link checkpointOf} do; UsageError where the members see different ones
 */
export async function resumePoint(
  training: Training,
  { run, step }: { readonly run: string; readonly step: number | undefined },
): Promise<ResumePoint> {
  const look = (files: ResumePoint['files']) => nonFiniteFiles(training, files);
  const point = step === undefined ? await latestCheckpoint(run, look) : await checkpointOf(run, step, look);
  requireSame(training.group, 'checkpoint', { step: point.description.step });
  return point;
}
