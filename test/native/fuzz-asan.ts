// Runs the fuzzer under AddressSanitizer, which ends the process at the first access outside of what was allocated:
//   npm run fuzz:asan -- SEED CALLS [FUNCTION]
// It compiles the addon for it first, into build/address; with GAN_SANITIZE=address,undefined for UndefinedBehaviorSanitizer as well,
// which tells on stderr what the language leaves undefined, into build/address-undefined. Needs GCC or Clang with its libasan, on Linux.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const ENV = { ...process.env, GAN_SANITIZE: process.env.GAN_SANITIZE || 'address' };

/** Where the compiler has a library of its own. */
function compilersOwn(library: string): string {
  const compiler = process.env.CXX ?? 'c++';
  const { stdout, error } = spawnSync(compiler, [`-print-file-name=${library}`], { encoding: 'utf8' });
  const path = stdout?.trim();
  // A library that it does not have, it prints as it was asked for.
  if (error || !path?.startsWith('/')) throw new Error(`expected ${compiler} to have ${library}`);
  return path;
}

/** Runs Node on a TypeScript file of the package, and gives its exit code. */
function run(file: string, args: readonly string[], env: NodeJS.ProcessEnv): number {
  const command = ['-r', 'ts-node/register', join(ROOT, file), ...args];
  const { status, signal } = spawnSync(process.execPath, command, { cwd: ROOT, env, stdio: 'inherit' });
  if (signal) console.error(`ended by ${signal}`);
  return status ?? 1;
}

const OPTIONS = [
  // V8 and LibTorch keep what they allocate once.
  'detect_leaks=0',
  // The fuzzer asks for more memory than there is: that is an error of LibTorch's, not the end.
  'allocator_may_return_null=1',
  // What was freed is kept for a while, to be caught; as long as it fits into memory.
  'quarantine_size_mb=128',
];

function main([seed = '1', calls = '100000', ...only]: string[]): number {
  const built = run('scripts/setup.ts', [], ENV);
  if (built !== 0) return built;
  const folder = mkdtempSync(join(tmpdir(), 'libtorch-gan-'));
  const journal = join(folder, 'call');
  // The addon is loaded long after the start: its runtime must be there first, and the C++ library that it intercepts.
  const preloaded = ['libasan.so', 'libstdc++.so'].map(compilersOwn).join(':');
  const env = { ...ENV, LD_PRELOAD: preloaded, ASAN_OPTIONS: OPTIONS.join(':') };
  const status = run('test/native/fuzz.ts', [seed, calls, journal, ...only], env);
  if (status !== 0) console.error(`the last call: ${readFileSync(journal, 'utf8').trim()}`);
  rmSync(folder, { recursive: true });
  return status;
}

process.exitCode = main(process.argv.slice(2));
