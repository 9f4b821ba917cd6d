import { constants } from 'node:fs';
import { type FileHandle, open, readdir, realpath } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { hasCode } from '../errors';
import { Refusal } from './refusal';

/** What a run directory has that is read. */
const READ = [
  'config.json',
  'metrics.jsonl',
  'evaluations.jsonl',
  'threshold.json',
  'samples',
  'evaluation',
  join('evaluation', 'neighbours.json'),
  'best',
  join('best', 'manifest.json'),
  'checkpoints',
];

/** Whether a path, as `realpath` gives it, is a folder or in it. */
export function isWithin(root: string, path: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : `${root}${sep}`);
}

/**
 * Checks that nothing in a run that is read is a link to somewhere else: what others may ask for is in the run, not all that a link could
 * name.
 *
 * @param root the run directory, as `realpath` gives it
 * @throws Refusal 403 with the name that leads out
 */
export async function requireInside(root: string, names: readonly string[] = READ): Promise<void> {
  for (const name of names) {
    const path = await realpath(join(root, name)).catch((error: unknown) => {
      if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return undefined;
      throw new Refusal(403, `${name} of this run cannot be read`);
    });
    if (path !== undefined && !isWithin(root, path))
      throw new Refusal(
        403,
        `${name} of this run is a link that leads out of it: runs with such links are not served`,
      );
  }
}

/**
 * Checks the same of the files of all checkpoints.
 *
 * @throws Refusal 403 with the name that leads out
 */
export async function requireCheckpointsInside(root: string): Promise<void> {
  const options = { withFileTypes: true, recursive: true } as const;
  const entries = await readdir(join(root, 'checkpoints'), options).catch(() => []);
  const links = entries.filter((entry) => entry.isSymbolicLink());
  await requireInside(
    root,
    links.map(({ parentPath, name }) => join(relative(root, parentPath), name)),
  );
}

/**
 * Opens a file of a run for reading; no link, no device and nothing outside the run.
 *
 * @param root the run directory, as `realpath` gives it
 * @param name the file's path in it
 * @returns undefined where there is no such file
 */
export async function openInside(root: string, name: string): Promise<FileHandle | undefined> {
  const path = join(root, name);
  try {
    if ((await realpath(path)) !== path) return undefined;
    // A pipe would keep whoever opens it waiting.
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    if ((await file.stat()).isFile()) return file;
    await file.close();
    return undefined;
  } catch {
    return undefined;
  }
}
