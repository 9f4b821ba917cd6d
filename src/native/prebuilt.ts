import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { isAtLeast, type Machine, thisMachine } from './machine';
import { nativeSourcesHash } from './native-sources';
import { MANIFEST, type PrebuiltManifest, readManifest } from './prebuilt-manifest';

/** A package with an addon that was compiled elsewhere, for one version of LibTorch. */
export interface Prebuilt {
  /** E.g. `libtorch-gan-linux-x64-cpu-2.13.0`. */
  readonly name: string;
  readonly folder: string;
  readonly manifest: PrebuiltManifest;
}

/** A prebuilt package that does not serve. */
export interface RejectedPrebuilt {
  readonly name: string;
  readonly reason: string;
}

/** The prebuilt packages that are installed beside the library. */
export interface PrebuiltSearch {
  /** Those that fit the library and the machine; each still needs its LibTorch. */
  readonly fitting: readonly Prebuilt[];
  readonly rejected: readonly RejectedPrebuilt[];
}

/** The parts of a LibTorch that decide whether an addon works with it. */
export interface LibtorchLike {
  readonly root: string;
  readonly version: string;
  readonly cuda: string | null;
}

/**
 * Looks for prebuilt packages where Node.js looks for packages, from `root` upwards. It loads nothing and does not throw: one that is damaged, or
 * made for another machine or another state of the library, is told with the reason.
 */
export function findPrebuilt(root: string, machine: Machine = thisMachine()): PrebuiltSearch {
  const fitting: Prebuilt[] = [];
  const rejected: RejectedPrebuilt[] = [];
  const folders = packageFolders(root);
  if (folders.length === 0) return { fitting, rejected };
  const library = { version: versionOf(root), sources: nativeSourcesHash(root) };
  for (const folder of folders) {
    const name = path.basename(folder);
    const manifest = readManifest(folder);
    const reason =
      typeof manifest === 'string'
        ? manifest
        : (againstMachine(manifest, machine) ??
          againstLibrary(manifest, library) ??
          damage(folder, manifest));
    if (typeof manifest === 'string' || reason !== null) rejected.push({ name, reason: reason ?? '' });
    else fitting.push({ name, folder, manifest });
  }
  return { fitting, rejected };
}

/** Why a prebuilt addon does not work with this LibTorch; `null` where it does. */
export function againstLibtorch({ manifest }: Prebuilt, libtorch: LibtorchLike): string | null {
  const { version, root, cuda } = libtorch;
  if (manifest.libtorch !== version)
    return `compiled for LibTorch ${manifest.libtorch}, and version ${version} is in ${root}`;
  if (manifest.cuda !== (cuda !== null))
    return `compiled ${manifest.cuda ? 'with' : 'without'} CUDA, and LibTorch in ${root} is ${cuda === null ? 'a CPU build' : `for CUDA ${cuda}`}`;
  const missing = manifest.libraries.find((name) => !fs.existsSync(path.join(root, 'lib', name)));
  return missing === undefined
    ? null
    : `compiled for a LibTorch with lib/${missing}, and that in ${root} has no such file`;
}

function againstMachine(manifest: PrebuiltManifest, machine: Machine): string | null {
  if (manifest.platform !== machine.platform)
    return `compiled for ${manifest.platform}, and this is ${machine.platform}`;
  if (manifest.nodeApi > machine.nodeApi)
    return `it needs Node-API ${manifest.nodeApi}, and this Node.js has ${machine.nodeApi}`;
  if (manifest.glibc === null) return null;
  if (machine.glibc === null) return `compiled for glibc, and this system has another C library (musl)`;
  if (!isAtLeast(machine.glibc, manifest.glibc))
    return `it needs glibc ${manifest.glibc} or newer, and this system has ${machine.glibc}`;
  return null;
}

function againstLibrary(
  manifest: PrebuiltManifest,
  library: { readonly version: string; readonly sources: string },
): string | null {
  if (manifest.library !== library.version)
    return `made for libtorch-gan ${manifest.library}, and this is ${library.version}`;
  if (manifest.sources !== library.sources)
    return `compiled from other sources than those of this libtorch-gan ${library.version}`;
  return null;
}

function damage(folder: string, { addon, opener }: PrebuiltManifest): string | null {
  for (const { name, sha256 } of [addon, opener]) {
    const file = path.join(folder, name);
    if (!fs.existsSync(file)) return `its ${name} is missing: install it again`;
    if (createHash('sha256').update(fs.readFileSync(file)).digest('hex') !== sha256)
      return `its ${name} is damaged: install it again`;
  }
  return null;
}

/** The folders of `node_modules`, nearest first, that have a manifest; of two of one name the nearer. */
function packageFolders(root: string): string[] {
  const found = new Map<string, string>();
  for (let folder = root, last = ''; folder !== last; last = folder, folder = path.dirname(folder)) {
    const modules = path.join(folder, 'node_modules');
    for (const name of namesIn(modules))
      if (!found.has(name) && fs.existsSync(path.join(modules, name, MANIFEST)))
        found.set(name, path.join(modules, name));
  }
  return [...found.values()].sort();
}

function namesIn(modules: string): string[] {
  try {
    return fs.readdirSync(modules).filter((name) => name.startsWith('libtorch-gan-'));
  } catch {
    return [];
  }
}

function versionOf(root: string): string {
  try {
    const { version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
    return String(version);
  } catch {
    return 'unknown';
  }
}
