import { accessSync, constants, existsSync, lstatSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { GanError, UsageError } from '../errors';
import { writeError } from '../io/file-error';
import { quote } from '../io/shell-quote';
import { isLeftover } from '../training/run-leftovers';
import { shownDataset } from './absolute-paths';
import type { TrainSettings } from './settings';

/** The folder of a run that nobody named: `runs/RECIPE-DATASET-TIME`, with a number after it when it is taken. */
export function newRunFolder({ recipe, dataset }: TrainSettings, now: Date): string {
  const data = plain(shownDataset(dataset).replace(/^folder:/, ''));
  const family = plain(recipe.replace(/\.[cm]?[jt]s$/, ''));
  const time = now.toISOString().slice(0, 19).replace('T', '-').replaceAll(':', '');
  const folder = join('runs', `${family}-${data}-${time}`);
  let free = folder;
  for (let number = 2; existsSync(free); number++) free = `${folder}-${number}`;
  return free;
}

/** The end of a path, in characters that need no quotes. */
function plain(path: string): string {
  return basename(path).replace(/[^\w.-]+/g, '-');
}

/**
 * Checks that a new run can be written to a folder, so that hours of work do not end in an error. Nothing is made. A folder where a
 * training ended before its first checkpoint is as good as a new one.
 *
 * @param options.resumes whether the command can go on with a run (true)
 * @throws UsageError when it holds a run already; GanError `ERR_CANNOT_WRITE` when it cannot be made or written
 */
export function checkRunFolder(
  folder: string,
  { resumes = true }: { readonly resumes?: boolean } = {},
): void {
  if (existsSync(join(folder, 'config.json')) && !isLeftover(folder))
    throw new UsageError(
      `--out ${quote(folder)} holds a run already: ${resumes ? `go on with --resume ${quote(folder)}, or ` : ''}choose another folder`,
    );
  const existing = nearestExisting(resolve(folder));
  if (!statSync(existing).isDirectory())
    throw new GanError(
      'ERR_CANNOT_WRITE',
      `cannot write ${folder}: ${existing} is a file, not a folder: choose another path`,
    );
  try {
    accessSync(existing, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw writeError(folder, error);
  }
}

/** @throws GanError `ERR_CANNOT_WRITE` for a link to nowhere on the way */
function nearestExisting(path: string): string {
  if (existsSync(path)) return path;
  if (isLink(path))
    throw new GanError(
      'ERR_CANNOT_WRITE',
      `cannot write ${path}: it is a link to nowhere: choose another path, or make what it leads to`,
    );
  return nearestExisting(dirname(path));
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    // Not there, or below a file.
    return false;
  }
}
