import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeError } from '../src/io/file-error';
import type { Results } from './results';
import type { Settings } from './settings';

/** Files that a run is to leave behind. */
export interface Outputs {
  /** Writes them, and returns their paths. */
  write(results: Results): string[];
}

/**
 * Opens what `--json`, `--markdown`, `--svg` and `--out` name, before anything is measured.
 *
 * @throws GanError `ERR_CANNOT_WRITE` for a path that cannot be written
 */
export function openOutputs({ json, out }: Pick<Settings, 'json' | 'markdown' | 'svg' | 'out'>): Outputs {
  const files = [
    ...named(json, (results) => `${JSON.stringify(results, null, 2)}\n`),
    ...(out === null ? [] : inFolder(out)),
  ];
  for (const { path } of files) guarded(path, () => closeSync(openSync(path, 'a')));
  return {
    write: (results) =>
      files.map(({ path, render }) => {
        guarded(path, () => writeFileSync(path, render(results)));
        return path;
      }),
  };
}

interface File {
  readonly path: string;
  render(results: Results): string;
}

function named(path: string | null, render: File['render']): File[] {
  return path === null ? [] : [{ path, render }];
}

function inFolder(folder: string): File[] {
  guarded(folder, () => mkdirSync(folder, { recursive: true }));
  return [{ path: join(folder, 'bench.json'), render: (results) => `${JSON.stringify(results, null, 2)}\n` }];
}

function guarded(path: string, body: () => void): void {
  try {
    body();
  } catch (error) {
    throw writeError(path, error);
  }
}
