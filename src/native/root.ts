import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

/** The folder of the package: that of CMakeLists.txt, seen from `src/` in a clone and from `dist/src/` in a package. */
export function packageRoot(): string {
  let folder = __dirname;
  while (!fs.existsSync(path.join(folder, 'CMakeLists.txt'))) {
    const parent = path.dirname(folder);
    if (parent === folder) return path.resolve(__dirname, '..', '..');
    folder = parent;
  }
  return folder;
}

/** What to type to build the addon: an npm script in a clone, the package's own command elsewhere. */
export function setupCommand(): string {
  return isClone() ? 'npm run build:native' : 'npx libtorch-gan setup';
}

/** What to type to see what is missing. */
export function doctorCommand(): string {
  return isClone() ? 'npx ts-node scripts/doctor.ts' : 'npx libtorch-gan doctor';
}

/** What to type to train. */
export function trainCommand(): string {
  return isClone() ? 'npx ts-node scripts/train.ts' : 'npx libtorch-gan train';
}

/** The folder for what can be made again: `$XDG_CACHE_HOME/libtorch-gan`, by default `~/.cache/libtorch-gan`. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const xdg = env.XDG_CACHE_HOME;
  // The XDG specification asks for relative paths to be ignored.
  return path.join(xdg && path.isAbsolute(xdg) ? xdg : path.join(os.homedir(), '.cache'), 'libtorch-gan');
}

function isClone(): boolean {
  return fs.existsSync(path.join(packageRoot(), 'scripts', 'setup.ts'));
}
