import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { UsageError } from '../errors';
import { realOf } from './real-path';

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
export function refuseCheckpoints(places: Readonly<Record<`--${string}`, string | undefined>>): void {
  for (const [flag, path] of Object.entries(places)) {
    const checkpoint = path === undefined ? undefined : above(realOf(path)).find(holdsWeights);
    if (checkpoint !== undefined)
      throw new UsageError(
        `${flag} ${path} lies in ${checkpoint}, which holds the weights of a run: choose another place`,
      );
  }
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
