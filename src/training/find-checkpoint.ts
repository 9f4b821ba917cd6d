import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { BEST, type Checkpoint, isWholeCheckpoint, namesStep, openCheckpoint } from './checkpoint';
import { standInFor } from './replaced-folder';
import { latestCheckpoint } from './run-directory';

/** What a path of a run or a checkpoint leads to. */
export interface FoundCheckpoint {
  readonly checkpoint: Checkpoint;
  /** The path that it goes by, which may not be there now. */
  readonly named: string;
  /** Sentences about what was passed over, or stands in for another. */
  readonly notes: readonly string[];
}

/**
 * The checkpoint in a folder (`RUN/best`, `RUN/checkpoints/step-000100`, a copy of one), or the newest whole one of a run. Only reads.
 *
 * @param doing what notes say is done with it, e.g. `sampling from`
 * @throws GanError `ERR_NO_RUN`, `ERR_NO_CHECKPOINT`, `ERR_BAD_CHECKPOINT` where the manifest is not whole
 */
export async function findCheckpoint(path: string, doing: string): Promise<FoundCheckpoint> {
  if (isCheckpoint(path)) {
    const standIn = existsSync(path) ? undefined : await standInFor(path, isWholeCheckpoint);
    const note = `${path} was being replaced when its process ended, or is now: taken from ${standIn}`;
    return { checkpoint: await openCheckpoint(standIn ?? path), named: path, notes: standIn ? [note] : [] };
  }
  const { path: latest, damaged } = await latestCheckpoint(path);
  return {
    checkpoint: await openCheckpoint(latest),
    named: latest,
    notes: damaged.map((problem) => `${problem}; ${doing} ${latest}`),
  };
}

function isCheckpoint(path: string): boolean {
  const name = basename(path);
  return name === BEST || namesStep(name) || existsSync(join(path, 'manifest.json'));
}
