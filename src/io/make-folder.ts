import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { GanError, hasCode } from '../errors';
import { writeError } from './file-error';

/**
 * Makes a folder and those it lies in; one that is there is fine. Unlike Node's recursive `mkdir` it always comes to an end: below
 * `/proc`, where nothing can be made, or through a link to nowhere, that one never returns.
 *
 * @throws GanError `ERR_CANNOT_WRITE`
 */
export function makeFolder(path: string): void {
  const folder = resolve(path);
  try {
    if (make(folder)) return;
    makeFolder(dirname(folder));
    if (make(folder)) return;
  } catch (error) {
    throw writeError(folder, error);
  }
  throw new GanError(
    'ERR_CANNOT_WRITE',
    `cannot write ${folder}: no folder can be made in ${dirname(folder)}: choose another one`,
  );
}

/**
 * Finds out whether something can be made at a path, before the work that it is to hold: the folder that it will lie in, or the nearest that is
 * there of those, must be a folder that may be written to. Makes nothing.
 *
 * @throws GanError `ERR_CANNOT_WRITE`
 */
export function requirePlace(path: string): void {
  let folder = dirname(resolve(path));
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  if (!isFolder(folder))
    throw new GanError(
      'ERR_CANNOT_WRITE',
      `cannot write ${path}: ${folder} is a file, not a folder: choose another path`,
    );
  try {
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw writeError(path, error);
  }
}

/** False where the folder that it lies in is missing. */
function make(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT') && dirname(folder) !== folder) return false;
    if (isFolder(folder)) return true;
    if (hasCode(error, 'EEXIST'))
      throw new GanError(
        'ERR_CANNOT_WRITE',
        `cannot write ${folder}: it is a file, or a link to nowhere, not a folder: choose another path`,
        { cause: error },
      );
    throw error;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
