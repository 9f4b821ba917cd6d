import * as fs from 'node:fs';
import * as path from 'node:path';
import { isAtLeast, type Machine, thisMachine } from '../../src/native/machine';
import { nativeSourcesHash } from '../../src/native/native-sources';
import { againstLibtorch, findPrebuilt, type Prebuilt } from '../../src/native/prebuilt';
import type { PrebuiltManifest } from '../../src/native/prebuilt-manifest';
import { fakeLibtorch, temporaryFolder, write } from './fake-libtorch';
import { fakeLibrary, fakePrebuilt, MACHINE, manifestFor } from './fake-prebuilt';

const NAME = 'libtorch-gan-linux-x64-cpu-2.13.0';
let folder: string;
let root: string;

beforeEach(() => {
  folder = temporaryFolder();
  root = fakeLibrary(folder);
});

afterEach(() => fs.rmSync(folder, { recursive: true }));

function rejectedFor(manifest: PrebuiltManifest | string, machine: Machine = MACHINE): string {
  fakePrebuilt(root, NAME, manifest);
  const { fitting, rejected } = findPrebuilt(root, machine);
  expect(fitting).toEqual([]);
  expect(rejected).toEqual([{ name: NAME, reason: expect.any(String) }]);
  return rejected[0].reason;
}

test.each(['', 'null', '[]', '"text"', '{ "library": "0.1.0"', '{}'])(
  'a manifest that is %j is damaged',
  (text) => {
    expect(rejectedFor(text)).toMatch(
      /^its prebuilt\.json is (damaged at "library"|missing or no JSON): install it again$/,
    );
  },
);

test.each<[keyof PrebuiltManifest, unknown]>([
  ['library', 1],
  ['sources', 'abc'],
  ['platform', ''],
  ['glibc', 2.34],
  ['glibc', 'new'],
  ['libstdcxx', ''],
  ['abi', null],
  ['nodeApi', '9'],
  ['libtorch', 'latest'],
  ['libtorch', undefined],
  ['cuda', 'no'],
  ['compiler', null],
  ['instructions', []],
  ['libraries', 'libc10.so'],
  ['libraries', ['../libc10.so']],
  ['libraries', ['/lib/libc10.so']],
  ['libraries', []],
  ['addon', null],
  ['addon', { name: '..', sha256: '0'.repeat(64) }],
  ['addon', { name: '../../addon.node', sha256: '0'.repeat(64) }],
  ['opener', { name: 'opener.node' }],
])('a manifest whose %s is %j is damaged there', (name, value) => {
  const manifest = JSON.stringify({ ...manifestFor(root), [name]: value });
  expect(rejectedFor(manifest)).toBe(`its prebuilt.json is damaged at "${name}": install it again`);
});

test.each<[string, Partial<PrebuiltManifest>, Partial<Machine>, string]>([
  ['another platform', { platform: 'darwin-arm64' }, {}, 'compiled for darwin-arm64, and this is linux-x64'],
  ['another processor', {}, { platform: 'linux-arm64' }, 'compiled for linux-x64, and this is linux-arm64'],
  ['musl', {}, { glibc: null }, 'compiled for glibc, and this system has another C library (musl)'],
  ['an older glibc', { glibc: '2.38' }, {}, 'it needs glibc 2.38 or newer, and this system has 2.36'],
  ['an older Node.js', { nodeApi: 10 }, {}, 'it needs Node-API 10, and this Node.js has 9'],
  ['another version', { library: '0.2.0' }, {}, 'made for libtorch-gan 0.2.0, and this is 0.1.0'],
  [
    'other sources',
    { sources: '0'.repeat(64) },
    {},
    'compiled from other sources than those of this libtorch-gan 0.1.0',
  ],
])('a package does not fit %s', (_, manifest, machine, reason) => {
  expect(rejectedFor(manifestFor(root, manifest), { ...MACHINE, ...machine })).toBe(reason);
});

test.each(['addon.node', 'opener.node'])(
  'a package whose %s is damaged or missing does not serve',
  (name) => {
    const file = path.join(fakePrebuilt(root, NAME, manifestFor(root)), name);
    fs.appendFileSync(file, 'x');
    expect(findPrebuilt(root, MACHINE).rejected).toEqual([
      { name: NAME, reason: `its ${name} is damaged: install it again` },
    ]);
    fs.rmSync(file);
    expect(findPrebuilt(root, MACHINE).rejected).toEqual([
      { name: NAME, reason: `its ${name} is missing: install it again` },
    ]);
  },
);

test('packages without a manifest are other people’s, and a project without packages has none', () => {
  write(path.join(folder, 'node_modules', 'libtorch-gan-extras', 'package.json'), '{}');
  expect(findPrebuilt(root, MACHINE)).toEqual({ fitting: [], rejected: [] });
  expect(findPrebuilt(path.join(folder, 'nowhere'), MACHINE)).toEqual({ fitting: [], rejected: [] });
});

test('packages are found beside the library and above it, and of two of one name the nearer is taken', () => {
  const manifest = manifestFor(root);
  const beside = fakePrebuilt(root, NAME, manifest);
  const inner = path.join(folder, 'app', 'node_modules', 'libtorch-gan');
  fs.cpSync(root, inner, { recursive: true });
  expect(findPrebuilt(inner, MACHINE).fitting).toEqual([{ name: NAME, folder: beside, manifest }]);
  const nearer = fakePrebuilt(inner, NAME, manifest);
  expect(findPrebuilt(inner, MACHINE).fitting).toEqual([{ name: NAME, folder: nearer, manifest }]);
});

test('a package that needs no glibc fits a machine without it', () => {
  fakePrebuilt(root, NAME, manifestFor(root, { glibc: null }));
  expect(findPrebuilt(root, { ...MACHINE, glibc: null }).fitting).toHaveLength(1);
});

describe('a fitting package', () => {
  let prebuilt: Prebuilt;
  beforeEach(() => {
    prebuilt = { name: NAME, folder, manifest: manifestFor(root) };
  });

  const like = (changes: { version?: string; cuda?: string | null; root?: string }) => {
    const libtorch = fakeLibtorch(path.join(folder, 'torch'));
    return { root: libtorch, version: '2.13.0', cuda: null, ...changes };
  };

  test('does not work with another version of LibTorch, not even of another patch', () => {
    for (const version of ['2.14.0', '2.13.1', '2.1.0'])
      expect(againstLibtorch(prebuilt, like({ version }))).toBe(
        `compiled for LibTorch 2.13.0, and version ${version} is in ${path.join(folder, 'torch')}`,
      );
  });

  test('for the CPU does not work with a LibTorch with CUDA, nor the other way round', () => {
    expect(againstLibtorch(prebuilt, like({ cuda: '13.0' }))).toMatch(
      /^compiled without CUDA, .* is for CUDA 13\.0$/,
    );
    const manifest = manifestFor(root, { cuda: true });
    expect(againstLibtorch({ ...prebuilt, manifest }, like({}))).toMatch(
      /^compiled with CUDA, .* is a CPU build$/,
    );
  });

  test('does not work with a LibTorch that lacks one of its libraries', () => {
    const manifest = manifestFor(root, { libraries: ['libgomp-1a2b.so.1', 'libtorch_cpu.so'] });
    expect(againstLibtorch({ ...prebuilt, manifest }, like({}))).toMatch(
      /^compiled for a LibTorch with lib\/libgomp-1a2b\.so\.1, and/,
    );
  });

  const linux = process.platform === 'linux' ? test : test.skip;
  linux('works with the LibTorch that it was compiled for, wherever that is', () => {
    expect(againstLibtorch(prebuilt, like({}))).toBe(null);
  });
});

test('the hash of the sources hangs on their names and bytes, and on nothing else there', () => {
  const before = nativeSourcesHash(root);
  write(path.join(root, 'native', 'notes.md'), 'x');
  write(path.join(root, 'native', 'mpi', 'mpi.cc'), 'x');
  expect(nativeSourcesHash(root)).toBe(before);
  const file = path.join(root, 'native', 'kernels', 'a.cc');
  fs.appendFileSync(file, ' ');
  const changed = nativeSourcesHash(root);
  expect(changed).not.toBe(before);
  fs.writeFileSync(file, 'int a;');
  expect(nativeSourcesHash(root)).toBe(before);
  fs.renameSync(file, path.join(root, 'native', 'kernels', 'b.cc'));
  expect(nativeSourcesHash(root)).not.toBe(before);
});

test.each([
  ['2.36', '2.34', true],
  ['2.36', '2.36', true],
  ['2.4', '2.34', false],
  ['3', '2.99', true],
  ['2', '2.1', false],
  ['2.1.1', '2.1', true],
])('%s is at least %s: %s', (a, b, expected) => {
  expect(isAtLeast(a, b)).toBe(expected);
});

test('this machine tells its platform, its Node-API and, on Linux, which C library it has', () => {
  const { platform, glibc, nodeApi } = thisMachine();
  expect(platform).toBe(`${process.platform}-${process.arch}`);
  expect(nodeApi).toBeGreaterThanOrEqual(9);
  expect(glibc === null || /^\d+\.\d+/.test(glibc)).toBe(true);
});
