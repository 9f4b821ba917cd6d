import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';

/** Where a path leads to, also where its last parts are not there yet. */
export function realOf(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  const parent = dirname(resolve(path));
  return parent === resolve(path) ? parent : join(realOf(parent), basename(path));
}

/** Whether a file lies in a folder, at any depth. */
export function liesIn(folder: string, file: string): boolean {
  return realOf(file).startsWith(join(realOf(folder), sep));
}
