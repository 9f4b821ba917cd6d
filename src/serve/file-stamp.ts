import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';

/** What changes with a file, as letters of an address. */
export function stampOf({ mtimeMs, size, ino }: Stats): string {
  return [Math.round(mtimeMs), size, ino].map((part) => part.toString(36)).join('-');
}

/** The same of a path: empty where there is no file. */
export function stampOfFile(path: string): Promise<string> {
  return stat(path).then(stampOf, () => '');
}
