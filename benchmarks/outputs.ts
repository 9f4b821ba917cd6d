import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeError } from '../src/io/file-error';
import { markdown } from './report/markdown';
import { svg } from './report/svg';
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
export function openOutputs(paths: Pick<Settings, 'json' | 'markdown' | 'svg' | 'out'>): Outputs {
  const files = [
    ...named(paths.json, json),
    ...named(paths.markdown, markdown),
    ...named(paths.svg, svg),
    ...(paths.out === null ? [] : inFolder(paths.out)),
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

/** The command line without what says where to write: what a reader types to measure the same. */
export function withoutOutputs(argv: readonly string[]): string[] {
  const isOutput = (arg: string) => /^--(json|markdown|svg|out)$/.test(arg);
  return argv.filter(
    (arg, i) => !/^--(json|markdown|svg|out)(=|$)/.test(arg) && !isOutput(argv[i - 1] ?? ''),
  );
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
  return [
    { path: join(folder, 'bench.json'), render: json },
    { path: join(folder, 'bench.md'), render: markdown },
    { path: join(folder, 'bench.svg'), render: svg },
  ];
}

function json(results: Results): string {
  return `${JSON.stringify(results, null, 2)}\n`;
}

function guarded(path: string, body: () => void): void {
  try {
    body();
  } catch (error) {
    throw writeError(path, error);
  }
}
