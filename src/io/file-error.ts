import { codeOf, GanError, messageOf } from '../errors';

const WRITE_ADVICE: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full: free some space or choose another folder',
  EDQUOT: 'the disk quota is used up: free some space or choose another folder',
  EACCES: 'permission denied: choose a folder you may write to',
  EPERM: 'permission denied: choose a folder you may write to',
  EROFS: 'the file system is read-only: choose another folder',
  ENOENT: 'its folder does not exist: create it first',
  ENOTDIR: 'a part of its path is a file, not a folder: choose another path',
  EISDIR: 'it is a folder: name a file',
};

const READ_ADVICE: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file: check the path',
  EACCES: 'permission denied: check its access rights',
  EPERM: 'permission denied: check its access rights',
  EISDIR: 'it is a folder: name a file',
  ENOTDIR: 'a part of its path is a file, not a folder: check the path',
};

function explain(advice: Readonly<Record<string, string>>, error: unknown): string {
  const code = codeOf(error);
  const known = code === undefined ? undefined : advice[code];
  return known === undefined ? messageOf(error) : `${known} (${code})`;
}

/**
 * The error of a file or folder that could not be written, in one line that says why and what to do.
 * An error that already is a {@link GanError} comes back as it is.
 *
 * @returns a `GanError` with code `ERR_CANNOT_WRITE`, whose cause is `error`
 */
export function writeError(path: string, error: unknown): GanError {
  if (isGanError(error)) return error;
  return new GanError('ERR_CANNOT_WRITE', `cannot write ${path}: ${explain(WRITE_ADVICE, error)}`, {
    cause: error,
  });
}

/**
 * The error of a file that could not be read, in one line that says why and what to do.
 * An error that already is a {@link GanError} comes back as it is.
 *
 * @returns a `GanError` with code `ERR_CANNOT_READ`, whose cause is `error`
 */
export function readError(path: string, error: unknown): GanError {
  if (isGanError(error)) return error;
  return new GanError('ERR_CANNOT_READ', `cannot read ${path}: ${explain(READ_ADVICE, error)}`, {
    cause: error,
  });
}

/** By name: several realms may share one process. */
function isGanError(error: unknown): error is GanError {
  const name = typeof error === 'object' && error !== null && 'name' in error ? error.name : undefined;
  return name === 'GanError' || name === 'UsageError' || name === 'TorchError';
}
