import { randomUUID } from 'node:crypto';
import { existsSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { readdir, realpath, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type GanError, hasCode } from '../errors';
import { writeError } from './file-error';
import { isAlive } from './living-process';
import { makeFolder } from './make-folder';
import { syncFile } from './sync-file';

/** `.PID.ID.tmp`; versions before wrote `FILE.PID.ID.tmp`. */
const PARTIAL = /\.(\d+)\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;

/** Writes a file under the name that it is given. */
export type WriteFile = (partial: string) => Promise<unknown>;

/**
 * Writes a file that appears at its path whole or not at all: `write` gets another name beside it, which is renamed when the disk has it.
 * Readers find the old file or the new one, and two that write at once do not mix. What is no file, a pipe or a device, is written to as
 * it is.
 *
 * @throws GanError `ERR_CANNOT_WRITE`, which names `file`, and what `write` throws of its own
 */
export async function writeWhole(file: string, write: WriteFile): Promise<void> {
  if (await isNoFile(file)) {
    await write(file).catch((error) => Promise.reject(blame(file, error)));
    return;
  }
  // A link stays, and what it leads to is replaced.
  const target = await realpath(file).catch(() => file);
  const partial = partialOf(target);
  try {
    await write(partial);
    await syncFile(partial);
    await rename(partial, target);
  } catch (error) {
    await rm(partial, { force: true }).catch(() => {});
    throw blame(file, error);
  }
}

/**
 * Writes a file as {@link writeWhole} does, before it returns: for callers that cannot wait for a promise.
 *
 * @throws GanError `ERR_CANNOT_WRITE`, which names `file`
 */
export function writeWholeSync(file: string, contents: string | Uint8Array): void {
  const target = existsSync(file) ? realpathSync(file) : file;
  const partial = partialOf(target);
  try {
    writeFileSync(partial, contents, { flush: true });
    renameSync(partial, target);
  } catch (error) {
    rmSync(partial, { force: true });
    throw writeError(file, error);
  }
}

/**
 * Writes files into a folder, one after the other, that appear at their places once the disk has all of them. Where one cannot be written, none of
 * them does: what was there before stays, and a folder that was not there is gone again.
 *
 * @param files what writes each, by its place in the folder
 * @throws GanError `ERR_CANNOT_WRITE`, which names a file, and what a file's `write` throws of its own
 */
export async function writeWholeFolder(
  folder: string,
  files: Readonly<Record<string, WriteFile>>,
): Promise<void> {
  const written: { readonly partial: string; readonly target: string }[] = [];
  const places = Object.keys(files).map((file) => join(folder, file));
  const made = [...new Set([folder, ...places.map(dirname)])].filter((each) => !existsSync(each));
  try {
    for (const each of made) makeFolder(each);
    for (const [i, write] of Object.values(files).entries()) {
      const target = await realpath(places[i]).catch(() => places[i]);
      const partial = partialOf(target);
      written.push({ partial, target });
      await write(partial)
        .then(() => syncFile(partial))
        .catch((error) => Promise.reject(blame(places[i], error)));
    }
    for (const [i, { partial, target }] of written.entries())
      await rename(partial, target).catch((error) => Promise.reject(writeError(places[i], error)));
  } catch (error) {
    for (const { partial } of written) await rm(partial, { force: true }).catch(() => {});
    // One that somebody else has put something into stays.
    for (const each of made.reverse()) await rmdir(each).catch(() => {});
    throw error;
  }
}

/** A name beside a file for what is to take its place: {@link removePartials} knows it. The file's own is not in it, which may be as long as names can be. */
function partialOf(file: string): string {
  return join(dirname(file), `.${process.pid}.${randomUUID()}.tmp`);
}

/** What `write` could not write has the other name in its error. */
function blame(file: string, error: unknown): GanError {
  const cause = hasCode(error, 'ERR_CANNOT_WRITE') && error instanceof Error ? error.cause : undefined;
  return writeError(file, cause ?? error);
}

/** Removes what {@link writeWhole} left in a folder when its process was killed; that of living processes stays. */
export async function removePartials(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const pid = PARTIAL.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) await rm(join(folder, name), { force: true });
  }
}

/** Also a link to standard output, which may be a file: it is the shell's, and stays open. */
async function isNoFile(path: string): Promise<boolean> {
  if (/^\/(dev|proc)\//.test(path)) return true;
  return stat(path).then(
    (found) => !found.isFile() && !found.isDirectory(),
    () => false,
  );
}
