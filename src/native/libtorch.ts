import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { cacheFolder } from './root';

/** Where a LibTorch was looked for: the variable, python3's torch, or the folder that `setup` fetches into. */
export type LibtorchSource = 'LIBTORCH' | 'python3' | 'cache';

/** A LibTorch that the addon can be built with. */
export interface Libtorch {
  /** The folder with include/ and lib/. */
  readonly root: string;
  readonly source: LibtorchSource;
  /** E.g. `2.13.0`, without what follows a `+`. */
  readonly version: string;
  /** The CUDA version it was built for, `'unknown'` where no file tells, `null` for a CPU build. */
  readonly cuda: string | null;
}

/** A place that was looked at in vain. */
export interface Rejected {
  readonly source: LibtorchSource;
  readonly path: string | null;
  /** Why it does not serve, and what to do where something can be done. */
  readonly reason: string;
}

/** What a search looked at, in order; `found` is `null` where nothing serves. */
export interface LibtorchSearch {
  readonly found: Libtorch | null;
  readonly rejected: readonly Rejected[];
}

/** How to search. */
export interface SearchOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Why one that was found is not wanted; `null` where it is. */
  readonly misfit?: (libtorch: Libtorch) => string | null;
}

/** The versions whose headers the native code compiles against: [oldest, newest], as [major, minor]. */
export const SUPPORTED_VERSIONS = { oldest: [2, 11], newest: [2, 14] } as const;

/**
 * Looks for LibTorch: `$LIBTORCH`, the `torch` package of `python3`, the user's cache (CUDA builds, of them the newer CUDA, and newer versions first).
 * `$LIBTORCH` is a decision: where it does not serve, the search ends instead of taking another one silently.
 */
export function findLibtorch(options: SearchOptions = {}): LibtorchSearch {
  const env = options.env ?? process.env;
  const rejected: Rejected[] = [];
  for (const { source, root, reason } of candidates(env)) {
    const result = root === null ? reason : inspectLibtorch(root, env);
    const found = typeof result === 'string' ? null : { ...result, source };
    const against = found === null ? String(result) : (options.misfit?.(found) ?? null);
    if (found !== null && against === null) return { found, rejected };
    rejected.push({ source, path: root, reason: against ?? '' });
    if (source === 'LIBTORCH' && env.LIBTORCH) break;
  }
  return { found: null, rejected };
}

/**
 * Reads what kind of LibTorch lies in `root`, or the reason why none that serves does. Any version passes with
 * `LIBTORCH_GAN_ANY_VERSION=1`.
 */
export function inspectLibtorch(
  root: string,
  env: NodeJS.ProcessEnv = process.env,
): Omit<Libtorch, 'source'> | string {
  if (!fs.existsSync(root)) return 'the folder does not exist';
  if (!fs.existsSync(path.join(root, 'include', 'ATen', 'ATen.h')))
    return 'expected a folder with include/ and lib/ in it, found no include/ATen/ATen.h';
  if (!fs.existsSync(library(root, 'torch_cpu')) || !fs.existsSync(library(root, 'c10')))
    return `expected lib/${path.basename(library(root, 'torch_cpu'))} and lib/${path.basename(library(root, 'c10'))}, found no such files`;
  const version = readVersion(root);
  if (version === null) return 'its version can be read from no file: it is not a complete LibTorch';
  if (!isSupported(version) && env.LIBTORCH_GAN_ANY_VERSION !== '1')
    return `version ${version}; supported are ${supportedVersions()} (LIBTORCH_GAN_ANY_VERSION=1 takes any, at your own risk)`;
  return { root: fs.realpathSync(root), version, cuda: readCuda(root) };
}

/** The supported versions in words: `2.11 to 2.14`. */
export function supportedVersions(): string {
  return `${SUPPORTED_VERSIONS.oldest.join('.')} to ${SUPPORTED_VERSIONS.newest.join('.')}`;
}

interface Candidate {
  readonly source: LibtorchSource;
  readonly root: string | null;
  readonly reason: string;
}

function* candidates(env: NodeJS.ProcessEnv): Generator<Candidate> {
  if (env.LIBTORCH) yield { source: 'LIBTORCH', root: path.resolve(env.LIBTORCH), reason: '' };
  else yield { source: 'LIBTORCH', root: null, reason: 'the variable is not set' };
  yield pythonTorch(env);
  const cached = cachedFolders(cacheFolder(env));
  for (const root of cached) yield { source: 'cache', root, reason: '' };
  if (cached.length === 0) yield { source: 'cache', root: null, reason: `${cacheFolder(env)} holds none` };
}

// Not `import torch`, which takes seconds. Entries that are empty stand for the current folder, where a directory of the name
// `torch` would pass for a package.
const FIND_TORCH = `
import importlib.util, sys
sys.path[:] = [p for p in sys.path if p]
spec = importlib.util.find_spec("torch")
print(spec.submodule_search_locations[0] if spec and spec.origin else "")`;

function pythonTorch(env: NodeJS.ProcessEnv): Candidate {
  const source = 'python3';
  const python = spawnSync('python3', ['-c', FIND_TORCH], { env, encoding: 'utf8', timeout: 20_000 });
  if (python.error || python.status !== 0)
    return { source, root: null, reason: 'python3 is not installed, or does not start' };
  const root = python.stdout.trim();
  return { source, root: root || null, reason: 'python3 has no torch package' };
}

function cachedFolders(cache: string): string[] {
  // A file in its place holds none either.
  if (!fs.statSync(cache, { throwIfNoEntry: false })?.isDirectory()) return [];
  return fs
    .readdirSync(cache)
    .map((name) => ({ name, match: /^libtorch-(\d+\.\d+\.\d+)-(cpu|cuda|cuda12)$/.exec(name) }))
    .filter(({ match }) => match !== null)
    .sort((a, b) => rank(b.match) - rank(a.match))
    .map(({ name }) => path.join(cache, name, 'torch'));
}

function rank(match: RegExpExecArray | null): number {
  if (!match) return 0;
  const [major, minor, patch] = match[1].split('.').map(Number);
  return (
    { cpu: 0, cuda12: 1e9, cuda: 2e9 }[match[2] as 'cpu' | 'cuda12' | 'cuda'] +
    major * 1e6 +
    minor * 1e3 +
    patch
  );
}

function library(root: string, name: string): string {
  return path.join(root, 'lib', process.platform === 'darwin' ? `lib${name}.dylib` : `lib${name}.so`);
}

function readVersion(root: string): string | null {
  for (const header of ['torch/headeronly/version.h', 'torch/csrc/api/include/torch/version.h']) {
    const text = readText(path.join(root, 'include', header));
    const numbers = ['MAJOR', 'MINOR', 'PATCH'].map(
      (part) => new RegExp(`#define TORCH_VERSION_${part} (\\d+)`).exec(text)?.[1],
    );
    if (numbers.every((number) => number !== undefined)) return numbers.join('.');
  }
  return null;
}

/** A wheel tells in version.py (`cuda = '13.0'`), the LibTorch zip in build-version (`2.13.0+cu130`). */
function readCuda(root: string): string | null {
  if (!fs.existsSync(library(root, 'torch_cuda'))) return null;
  const python = /^cuda\b[^=]*= '([\d.]+)'/m.exec(readText(path.join(root, 'version.py')));
  if (python) return python[1];
  const zip = /\+cu(\d+)(\d)\s*$/.exec(readText(path.join(root, 'build-version')));
  return zip ? `${zip[1]}.${zip[2]}` : 'unknown';
}

function isSupported(version: string): boolean {
  const [major, minor] = version.split('.').map(Number);
  const { oldest, newest } = SUPPORTED_VERSIONS;
  return major === oldest[0] && minor >= oldest[1] && minor <= newest[1];
}

function readText(file: string): string {
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
}
