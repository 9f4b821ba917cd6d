import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** What a shared library asks of the system. */
export interface Needs {
  /** Names of libraries. */
  readonly libraries: readonly string[];
  /** Versions of interfaces, such as `GLIBC_2.34`. */
  readonly interfaces: readonly string[];
  /** Whether it looks for libraries in folders of its own. */
  readonly searchesFolders: boolean;
}

/** Reads what a shared library needs, by binutils' `objdump`. */
export function needsOf(file: string): Needs {
  const text = execFileSync('objdump', ['-p', file], { encoding: 'utf8' });
  const all = (pattern: RegExp) => [...text.matchAll(pattern)].map(([, name]) => name);
  return {
    libraries: all(/^\s+NEEDED\s+(\S+)/gm),
    interfaces: all(/\s((?:GLIBC|GLIBCXX)_\d+(?:\.\d+)*)$/gm),
    searchesFolders: /^\s+(RPATH|RUNPATH)\s/m.test(text),
  };
}

/** The newest version of an interface, `GLIBC` or `GLIBCXX`, among several; `null` where there is none. */
export function newest(interfaces: readonly string[], name: string): string | null {
  const versions = interfaces
    .filter((each) => each.startsWith(`${name}_`))
    .map((each) => each.slice(name.length + 1));
  return versions.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1) ?? null;
}

/** What of `folder` a library needs, directly or by way of others there, each after what it needs itself. */
export function neededFrom(folder: string, library: string): readonly string[] {
  const found = new Set<string>();
  const visit = (file: string): void => {
    for (const name of needsOf(file).libraries) {
      if (found.has(name) || !existsSync(join(folder, name))) continue;
      visit(join(folder, name));
      found.add(name);
    }
  };
  visit(library);
  return [...found];
}
