import { GanError, hasCode, messageOf } from '../errors';
import { latestCheckpoint, type ResumePoint } from './run-directory';
import type { Training } from './training';
import { nonFiniteFiles } from './training-state';

/** How often a run may go back, and has. */
export interface RollbackCounts {
  readonly done: number;
  readonly limit: number;
}

/**
 * Where a training that diverged goes back to: the newest checkpoint of its run that is whole and finite.
 *
 * @param cause the error that it would end with
 * @throws GanError `ERR_DIVERGED`: the cause, and that it has gone back too often, or that there is no such checkpoint
 */
export async function rollbackPoint(
  run: string,
  training: Training,
  { done, limit, cause }: RollbackCounts & { readonly cause: unknown },
): Promise<ResumePoint> {
  const unable = (why: string) => new GanError('ERR_DIVERGED', `${messageOf(cause)}; ${why}`, { cause });
  if (done >= limit)
    throw unable(`it went back ${done === 1 ? 'once' : `${done} times`} before, and ${limit} is the limit`);
  try {
    return await latestCheckpoint(run, (files) => nonFiniteFiles(training, files));
  } catch (error) {
    throw hasCode(error, 'ERR_NO_CHECKPOINT') ? unable('there is no finite checkpoint to go back to') : error;
  }
}
