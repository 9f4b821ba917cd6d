import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../src/native/root';
import { json, type Packed, pack } from './native-package';

/**
 * Packs the library into `out`. Its package.json names the packages with prebuilt addons as optional dependencies; that of the repository does not, since
 * what no registry has would keep a lock file of a clone from being complete. What serves a clone alone (scripts, devDependencies) is left out.
 */
export function packLibrary(out: string, prebuilt: readonly Packed[]): Packed {
  const root = packageRoot();
  execFileSync('npm', ['run', '--silent', 'build:ts'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const work = mkdtempSync(join(tmpdir(), 'libtorch-gan-pack-'));
  try {
    execFileSync('tar', ['-xzf', pack(root, work), '-C', work]);
    const folder = join(work, 'package');
    const file = join(folder, 'package.json');
    const { scripts, devDependencies, ...description } = JSON.parse(readFileSync(file, 'utf8'));
    const optional = Object.fromEntries(prebuilt.map(({ name, version }) => [name, version]));
    writeFileSync(file, json({ ...description, optionalDependencies: optional }));
    return { name: description.name, version: description.version, file: pack(folder, out) };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
