import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { UsageError } from '../errors';
import { realOf } from './real-path';

type Flag = `--${string}`;

/** Paths by the flags that name them; undefined for a flag that was not given. */
export type Places = Readonly<Partial<Record<Flag, string>>>;

/**
 * Refuses `--out -`: a file of that name is hardly meant, and standard output has the results alone.
 *
 * @param example a path that may be meant
 * @throws UsageError
 */
export function refuseDash(out: string | undefined, example: string): void {
  if (out === '-')
    throw new UsageError(
      `--out expects a path, but got -, and nothing is written to standard output: try --out ${example}`,
    );
}

/**
 * Refuses to write into a checkpoint, also `best/`, or among those of a run: what is there is read back, and removed with it.
 *
 * @param places where results are to go, by their flags
 * @throws UsageError
 */
export function refuseCheckpoints(places: Places): void {
  for (const [flag, path] of Object.entries(places)) {
    const checkpoint = path === undefined ? undefined : above(realOf(path)).find(holdsWeights);
    if (checkpoint !== undefined)
      throw new UsageError(
        `${flag} ${path} lies in ${checkpoint}, which holds the weights of a run: choose another place`,
      );
  }
}

/**
 * Refuses results of which one would take the place of another, or of a file that is read. What is no file, a pipe or a device, takes several.
 *
 * @param written where results are to go, by their flags
 * @param read files that are taken in, by their flags (none)
 * @throws UsageError
 */
export function refuseSamePlace(written: Places, read: Places = {}): void {
  const taken = new Map(placesOf(read));
  for (const [place, flag] of placesOf(written)) {
    const other = taken.get(place);
    if (other !== undefined)
      throw new UsageError(`${flag} ${written[flag]} would overwrite the file of ${other}: choose another`);
    taken.set(place, flag);
  }
}

/** Where paths lead to, with their flags. */
function placesOf(places: Places): [string, Flag][] {
  return (Object.entries(places) as [Flag, string | undefined][]).flatMap(([flag, path]) =>
    path === undefined || isDevice(path) ? [] : [[realOf(path), flag]],
  );
}

function isDevice(path: string): boolean {
  const found = existsSync(path) ? statSync(path) : null;
  return found !== null && !found.isFile() && !found.isDirectory();
}

/** A path and all that it lies in, up to the root. */
function above(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [path] : [path, ...above(parent)];
}

/** Whether a folder is a checkpoint, or that of a run's checkpoints. */
function holdsWeights(folder: string): boolean {
  if (basename(folder) === 'checkpoints') return existsSync(join(folder, '..', 'config.json'));
  return ['manifest.json', 'networks'].every((name) => existsSync(join(folder, name)));
}
