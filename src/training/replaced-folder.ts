import { access, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isAlive } from '../io/living-process';
import { syncFile } from '../io/sync-file';

/**
 * What a write leaves beside a folder when its process dies: `.best.4711.tmp` the new one, `.best.4711.old` the one before,
 * `.step-000100.4711.gone` one that was being deleted.
 */
const LEFT = /^\.(step-\d+|best)\.(\d+)\.(tmp|old|gone)$/;

/** The name of the new folder, of the one before, or of one to delete, while this process works at a folder. */
export function besideOf(path: string, which: 'tmp' | 'old' | 'gone'): string {
  return join(dirname(path), `.${basename(path)}.${process.pid}.${which}`);
}

/**
 * Puts a folder, complete and synced, in the place of another. The old one is deleted when the disk has the new one; a process that dies
 * between leaves both, and {@link recoverFolders} finds them.
 */
export async function replaceFolder(from: string, to: string): Promise<void> {
  const [parent, old] = [dirname(to), besideOf(to, 'old')];
  await syncFile(parent);
  const replaces = await exists(to);
  if (replaces) {
    await rm(old, { recursive: true, force: true });
    await rename(to, old);
  }
  try {
    await rename(from, to);
  } catch (error) {
    if (replaces) await rename(old, to).catch(() => undefined);
    throw error;
  }
  await syncFile(parent);
  // What cannot be deleted costs room until the next start.
  await rm(old, { recursive: true, force: true }).catch(() => undefined);
}

/** Deletes a folder, so that it is there whole or not at all. */
export async function removeFolder(path: string): Promise<void> {
  const gone = besideOf(path, 'gone');
  await rm(gone, { recursive: true, force: true });
  await rename(path, gone);
  await rm(gone, { recursive: true, force: true });
}

/**
 * Puts a folder whose replacement was interrupted back in its place: the first that is whole of the one there, the new one and the one
 * before. Then what is left over is removed, but for that of living processes: nothing whole goes before its place is filled.
 */
export async function recoverFolders(
  parent: string,
  isWhole: (path: string) => Promise<boolean>,
): Promise<void> {
  const left = (await leftIn(parent)).filter(({ pid }) => pid === process.pid || !isAlive(pid));
  for (const target of new Set(left.map((one) => one.target)))
    await settle(join(parent, target), copiesOf(target, left), isWhole);
  for (const { path } of left) await rm(path, { recursive: true, force: true });
}

/**
 * The folder to read in place of one that is not there, because its process died between two renames or is between them now. Only reads;
 * undefined where there is nothing whole, or nothing was replaced: a new checkpoint may be in the middle of its writing.
 */
export async function standInFor(
  path: string,
  isWhole: (path: string) => Promise<boolean>,
): Promise<string | undefined> {
  const copies = copiesOf(basename(path), await leftIn(dirname(path)));
  if (basename(path) !== 'best' && !copies.some(({ which }) => which === 'old')) return undefined;
  for (const copy of copies) if (await isWhole(copy.path)) return copy.path;
  return undefined;
}

interface Left {
  readonly path: string;
  readonly target: string;
  readonly pid: number;
  readonly which: string;
}

async function leftIn(parent: string): Promise<readonly Left[]> {
  const names = await readdir(parent).catch(() => []);
  return names.flatMap((name) => {
    const [, target, pid, which] = LEFT.exec(name) ?? [];
    return target === undefined ? [] : [{ path: join(parent, name), target, pid: Number(pid), which }];
  });
}

/** What may take a folder's place, the new ones before those that they replace. */
function copiesOf(target: string, left: readonly Left[]): readonly Left[] {
  const mine = left.filter((one) => one.target === target);
  const [made, before] = ['tmp', 'old'].map((which) => mine.filter((one) => one.which === which));
  return [...made, ...before];
}

async function settle(
  to: string,
  candidates: readonly Left[],
  isWhole: (path: string) => Promise<boolean>,
): Promise<void> {
  if (candidates.length === 0 || (await isWhole(to))) return;
  for (const { path } of candidates) {
    if (!(await isWhole(path))) continue;
    await rm(to, { recursive: true, force: true });
    await rename(path, to);
    await syncFile(dirname(to));
    return;
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
