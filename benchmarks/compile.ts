import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { transformFileSync } from '@swc/core';
import { GanError } from '../src/errors';
import { packageRoot } from '../src/native/root';

/**
 * Compiles what this library's participants need to JavaScript, into `build/bench`, and returns that folder: a package is
 * measured as its users run it, without a compiler's time and memory in the same process.
 */
export function compileParticipants(root = packageRoot()): string {
  const out = join(root, 'build', 'bench');
  for (const folder of ['src', 'benchmarks'])
    for (const name of sources(join(root, folder))) {
      const [source, target] = [join(root, folder, name), join(out, folder, name.replace(/\.ts$/, '.js'))];
      if (isNewer(target, source)) continue;
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, transformFileSync(source, SWC).code);
    }
  return out;
}

/**
 * The package's own compiled files, built again where they are older than their sources: what `import` loads.
 *
 * @throws GanError `ERR_BUILD` where they cannot be built
 */
export function buildPackage(log: (line: string) => void, root = packageRoot()): void {
  const entry = join(root, 'dist', 'src', 'index.js');
  if (sources(join(root, 'src')).every((name) => isNewer(entry, join(root, 'src', name)))) return;
  log('building the package: npm run build:ts');
  const { status, stdout, stderr } = spawnSync('npm', ['run', 'build:ts'], { cwd: root, encoding: 'utf8' });
  if (status === 0) return;
  const reason = `${stdout}\n${stderr}`.trim().split('\n').at(-1);
  throw new GanError('ERR_BUILD', `the package could not be built: ${reason}; try \`npm run build:ts\``);
}

const SWC = {
  swcrc: false,
  jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
  module: { type: 'commonjs' },
} as const;

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
}

function isNewer(target: string, source: string): boolean {
  return existsSync(target) && statSync(target).mtimeMs > statSync(source).mtimeMs;
}
