import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { GanError } from '../../src/errors';
import { type BuildStamp, buildFolder, localBuild } from '../../src/native/local-build';
import { nativeSourcesHash } from '../../src/native/native-sources';
import { MANIFEST, type PackedFile, type PrebuiltManifest } from '../../src/native/prebuilt-manifest';
import { packageRoot } from '../../src/native/root';
import { setup } from '../../src/setup/setup';
import { neededFrom, needsOf, newest } from './elf';

/** A package that was made. */
export interface Packed {
  readonly name: string;
  readonly version: string;
  /** The .tgz file. */
  readonly file: string;
}

// The kernels of native/kernels, and LibTorch's own, choose between these at run time.
const INSTRUCTIONS: Readonly<Record<string, readonly string[]>> = {
  x64: ['x86-64', 'avx2', 'avx512f', 'avx512bf16'],
  arm64: ['armv8-a'],
};

/**
 * Compiles the addon for this machine with the LibTorch that setup finds, and packs it, stripped, with its manifest into `out`. Linux and LibTorch
 * for the CPU only: NVIDIA's libraries lie outside LibTorch, and no manifest says where.
 *
 * @throws GanError `ERR_PACK` where the addon cannot be packed; what `setup` throws
 */
export async function packNative(out: string): Promise<Packed> {
  const root = packageRoot();
  await setup({ env: process.env, stderr: process.stderr, compile: true });
  const { path, stamp } = localBuild(root, process.env);
  if (!stamp) throw new GanError('ERR_PACK', `${path} has no build.json beside it: build it again`);
  if (process.platform !== 'linux' || stamp.cuda)
    throw new GanError(
      'ERR_PACK',
      `expected Linux and a LibTorch for the CPU but received ${process.platform} and LibTorch ${stamp.version}${stamp.cuda ? ' with CUDA' : ''}: set LIBTORCH_GAN_LIBTORCH=cpu`,
    );
  const work = mkdtempSync(join(tmpdir(), 'libtorch-gan-pack-'));
  try {
    const manifest = installInto(work, { root, path, stamp });
    const description = describe(manifest);
    const { library: version } = manifest;
    writeFileSync(join(work, 'package.json'), json({ ...common(root), ...description }));
    writeFileSync(join(work, MANIFEST), json(manifest));
    writeFileSync(join(work, 'README.md'), readme(description.name, manifest));
    copyFileSync(join(root, 'LICENSE'), join(work, 'LICENSE'));
    return { name: description.name, version, file: pack(work, out) };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Packs the folder of a package into `out`; the .tgz file. Nothing of it is run. */
export function pack(folder: string, out: string): string {
  mkdirSync(out, { recursive: true });
  const flags = ['--json', '--ignore-scripts', '--pack-destination', out];
  const [{ filename }] = JSON.parse(
    execFileSync('npm', ['pack', ...flags], { cwd: folder, encoding: 'utf8' }),
  );
  return join(out, basename(filename));
}

/** Text of a package.json and the like. */
export function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** Puts the addon and its opener into `work`, without debug symbols and folders of this machine, and tells what they need. */
function installInto(
  work: string,
  { root, path, stamp }: { root: string; path: string; stamp: BuildStamp },
): PrebuiltManifest {
  const build = buildFolder(root, process.env);
  const cmake = (...args: string[]) => execFileSync('cmake', args, { cwd: root, stdio: 'pipe' });
  cmake('--build', build, '--target', 'libtorch_gan_opener');
  cmake('--install', build, '--component', 'package', '--prefix', work, '--strip');
  const names = { addon: basename(path), opener: 'libtorch_gan_opener.node' };
  const needs = [names.addon, names.opener].map((name) => needsOf(join(work, name)));
  if (needs.some(({ searchesFolders }) => searchesFolders))
    throw new GanError(
      'ERR_PACK',
      `${names.addon} still has an RPATH: expected cmake --install to take it away`,
    );
  const interfaces = needs.flatMap((each) => each.interfaces);
  const libstdcxx = newest(interfaces, 'GLIBCXX');
  return {
    library: common(root).version,
    sources: nativeSourcesHash(root),
    platform: `${process.platform}-${process.arch}`,
    glibc: newest(interfaces, 'GLIBC'),
    libstdcxx: libstdcxx && `GLIBCXX_${libstdcxx}`,
    abi: 'libstdc++, strings of C++11',
    nodeApi: nodeApiOf(root),
    libtorch: stamp.version,
    cuda: stamp.cuda,
    compiler: stamp.compiler,
    instructions: INSTRUCTIONS[process.arch] ?? [process.arch],
    libraries: neededFrom(join(stamp.libtorch, 'lib'), join(work, names.addon)),
    addon: packed(work, names.addon),
    opener: packed(work, names.opener),
  };
}

function describe({ platform, libtorch, addon, opener, glibc }: PrebuiltManifest) {
  const [os, cpu] = platform.split('-');
  return {
    name: `libtorch-gan-${platform}-cpu-${libtorch}`,
    description: `The native addon of libtorch-gan for ${platform}, compiled for LibTorch ${libtorch} (CPU).`,
    os: [os],
    cpu: [cpu],
    ...(glibc === null ? {} : { libc: ['glibc'] }),
    files: [addon.name, opener.name, MANIFEST],
  };
}

/** What the package has in common with the library. */
function common(root: string) {
  const { version, license, engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return { version: String(version), license, engines };
}

function nodeApiOf(root: string): number {
  const { binary } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return Math.max(...(binary.napi_versions as number[]));
}

function packed(folder: string, name: string): PackedFile {
  const file = join(folder, name);
  if (statSync(file).size > 20e6)
    throw new GanError(
      'ERR_PACK',
      `expected ${name} to have a few MB, but it has ${statSync(file).size} bytes`,
    );
  return { name, sha256: createHash('sha256').update(readFileSync(file)).digest('hex') };
}

function readme(name: string, manifest: PrebuiltManifest): string {
  const { library, libtorch, platform, glibc, libstdcxx, nodeApi, compiler, instructions } = manifest;
  return `# ${name}

The native addon of [libtorch-gan](https://www.npmjs.com/package/libtorch-gan) ${library} for ${platform}, compiled with ${compiler} for
LibTorch ${libtorch} (CPU). It holds nothing of LibTorch. libtorch-gan takes it by itself where it fits, and compiles where it does not:
install libtorch-gan, not this.

- Needs: glibc ${glibc} or newer, libstdc++ with ${libstdcxx}, Node-API ${nodeApi}, LibTorch ${libtorch}.
- Instruction sets: ${instructions.join(', ')}; the first at least, and of the others what the processor has.
- \`${MANIFEST}\` says the same for libtorch-gan, with the hashes of the files and of the sources.
`;
}
