import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Machine, thisMachine } from '../../src/native/machine';
import { nativeSourcesHash } from '../../src/native/native-sources';
import type { PrebuiltManifest } from '../../src/native/prebuilt-manifest';
import { fakeLibtorch, write } from './fake-libtorch';

/** A machine that the packages below fit. */
export const MACHINE: Machine = { platform: 'linux-x64', glibc: '2.36', nodeApi: 9 };

/** A project in `folder` that has the library installed, with its sources; the library's folder. */
export function fakeLibrary(folder: string): string {
  const root = path.join(folder, 'node_modules', 'libtorch-gan');
  write(path.join(root, 'package.json'), '{ "version": "0.1.0" }');
  write(path.join(root, 'CMakeLists.txt'), 'project(x)');
  write(path.join(root, 'native', 'kernels', 'a.cc'), 'int a;');
  write(path.join(root, 'native', 'ops.def'), 'OP(add)');
  return root;
}

/** What a package of this library says that fits {@link MACHINE} and LibTorch 2.13.0. */
export function manifestFor(root: string, changes: Partial<PrebuiltManifest> = {}): PrebuiltManifest {
  return {
    library: '0.1.0',
    sources: nativeSourcesHash(root),
    platform: MACHINE.platform,
    glibc: '2.34',
    libstdcxx: 'GLIBCXX_3.4.21',
    abi: 'libstdc++, strings of C++11',
    nodeApi: 9,
    libtorch: '2.13.0',
    cuda: false,
    compiler: 'GNU 12.2.0',
    instructions: ['x86-64'],
    libraries: ['libc10.so', 'libtorch_cpu.so'],
    addon: { name: 'addon.node', sha256: hashOf(ADDON) },
    opener: { name: 'opener.node', sha256: hashOf(OPENER) },
    ...changes,
  };
}

const ADDON = 'not an ELF file';
const OPENER = 'none either';

/** Installs a prebuilt package beside the library, with this manifest or these bytes in its place; the package's folder. */
export function fakePrebuilt(root: string, name: string, manifest: PrebuiltManifest | string): string {
  const folder = path.join(path.dirname(root), name);
  write(path.join(folder, 'addon.node'), ADDON);
  write(path.join(folder, 'opener.node'), OPENER);
  const text = typeof manifest === 'string' ? manifest : JSON.stringify(manifest);
  write(path.join(folder, 'prebuilt.json'), text);
  return fs.realpathSync(folder);
}

/** As {@link fakePrebuilt}, one that fits the machine of the tests, whichever it is. */
export function fakePrebuiltHere(
  root: string,
  name: string,
  changes: Partial<PrebuiltManifest> = {},
): string {
  const { platform, glibc } = thisMachine();
  const suffix = process.platform === 'darwin' ? 'dylib' : 'so';
  const libraries = ['c10', 'torch_cpu'].map((library) => `lib${library}.${suffix}`);
  return fakePrebuilt(root, name, manifestFor(root, { platform, glibc, libraries, ...changes }));
}

/** A LibTorch of a version in the cache that XDG_CACHE_HOME=`folder`/cache means. */
export function fakeCached(folder: string, version: string): string {
  const name = `libtorch-${version}-cpu`;
  return fakeLibtorch(path.join(folder, 'cache', 'libtorch-gan', name, 'torch'), { version });
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
