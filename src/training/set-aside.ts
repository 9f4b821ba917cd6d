import { existsSync } from 'node:fs';
import { copyFile, readdir, rename } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { writeError } from '../io/file-error';
import { makeFolder } from '../io/make-folder';
import { syncFile } from '../io/sync-file';
import { BEST, checkpointName, listCheckpoints, openCheckpoint, stepOf } from './checkpoint';

/** What is copied: a run that goes on rewrites it. */
const REWRITTEN = ['config.json', 'metrics.jsonl', 'evaluations.jsonl'];

/**
 * Before a run goes on from one of its earlier checkpoints: moves what it has of later steps into a folder of its own,
 * `set-aside/after-step-000200`, which is a run that `sample` and `evaluate` can use. Those are checkpoints, the best one and sample grids, the
 * newest first; with them go copies of the logs and of config.json as they were. A process that dies meanwhile leaves each in one place or
 * the other.
 *
 * @returns a sentence for the user; none where there is no later checkpoint
 * @throws GanError `ERR_CANNOT_WRITE`
 */
export async function setAsideAfter(run: string, step: number): Promise<string[]> {
  const checkpoints = (await listCheckpoints(join(run, 'checkpoints'))).filter((path) => stepOf(path) > step);
  const best = (await isLater(join(run, BEST), step)) ? [join(run, BEST)] : [];
  const saved = [...best, ...checkpoints];
  if (saved.length === 0) return [];
  const folder = freeFolder(join(run, 'set-aside', `after-${checkpointName(step)}`));
  try {
    for (const inner of ['checkpoints', 'samples']) makeFolder(join(folder, inner));
    for (const name of REWRITTEN)
      if (existsSync(join(run, name))) {
        await copyFile(join(run, name), join(folder, name));
        await syncFile(join(folder, name));
      }
    await syncFile(folder);
    for (const path of [...saved, ...(await laterSamples(run, step))]) await move(path, { run, folder });
  } catch (error) {
    throw writeError(folder, error);
  }
  const what = saved.map((path) => basename(path)).join(', ');
  return [`what came after step ${step} (${what}, and the log of it) was set aside in ${folder}`];
}

async function isLater(checkpoint: string, step: number): Promise<boolean> {
  return openCheckpoint(checkpoint).then(
    ({ description }) => description.step > step,
    // A damaged one cannot tell, and is not lost either.
    () => existsSync(checkpoint),
  );
}

async function laterSamples(run: string, step: number): Promise<string[]> {
  const names = await readdir(join(run, 'samples')).catch(() => []);
  const later = names.filter((name) => Number(/step-(\d+)\.png$/.exec(name)?.[1]) > step);
  return later.map((name) => join(run, 'samples', name));
}

/** To the same place in the other folder. */
async function move(
  path: string,
  { run, folder }: { readonly run: string; readonly folder: string },
): Promise<void> {
  const target = join(folder, relative(run, path));
  await rename(path, target);
  await syncFile(dirname(target));
}

/** The path, or the first with a number behind it, where nothing is yet. */
export function freeFolder(path: string): string {
  let free = path;
  for (let number = 2; existsSync(free); number++) free = `${path}-${number}`;
  return free;
}
