import * as fs from 'node:fs';
import * as path from 'node:path';
import { addonFiles, loadAddon } from '../../src/native/load';
import { findPrebuilt } from '../../src/native/prebuilt';
import { choosePrebuilt, rememberLibtorch, withLibtorch } from '../../src/native/prebuilt-choice';
import type { PrebuiltManifest } from '../../src/native/prebuilt-manifest';
import { failure } from '../support/failure';
import { fakeLibtorch, fakeProgram, temporaryFolder, write } from './fake-libtorch';
import { fakeCached, fakeLibrary, fakePrebuilt, fakePrebuiltHere } from './fake-prebuilt';

const CPU = 'libtorch-gan-here-cpu-2.13.0';
const OTHER = 'libtorch-gan-here-cpu-2.14.1';
let folder: string;
let root: string;

beforeEach(() => {
  folder = temporaryFolder();
  root = fakeLibrary(folder);
  fakeProgram(path.join(folder, 'bin'), 'python3', 'echo looked >> "$0.asked"; echo');
});

afterEach(() => fs.rmSync(folder, { recursive: true }));

function environment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const cache = path.join(folder, 'cache');
  return { PATH: `${path.join(folder, 'bin')}:/bin:/usr/bin`, XDG_CACHE_HOME: cache, ...more };
}

const install = (name: string, changes: Partial<PrebuiltManifest> = {}) =>
  fakePrebuiltHere(root, name, changes);

const cached = (version: string) => fakeCached(folder, version);

function compiledHere(): string {
  const release = path.join(root, 'build', 'Release');
  const libtorch = fakeLibtorch(path.join(folder, 'own'));
  const stamp = { libtorch, version: '2.13.0', cuda: false, compiler: 'GNU 12.2.0', source: root };
  write(path.join(release, 'build.json'), JSON.stringify(stamp));
  return write(path.join(release, 'libtorch_gan.node'), 'not an ELF file');
}

const lookedForPython = () => fs.existsSync(path.join(folder, 'bin', 'python3.asked'));

test('without its LibTorch a package does not serve: it says which it awaits, and the error of a call does', () => {
  install(CPU);
  const line = `${CPU}: it works with LibTorch 2.13.0 for the CPU alone, and none is here`;
  const env = environment();
  expect(choosePrebuilt(root, env)).toEqual({ addon: null, awaits: ['2.13.0'], passedOver: [line] });
  expect(addonFiles(root, env)).toMatchObject({ built: false, prebuilt: null, awaits: ['2.13.0'] });
});

test('LIBTORCH is a decision: a package for another one does not serve', () => {
  install(CPU);
  cached('2.13.0');
  const LIBTORCH = fakeLibtorch(path.join(folder, 'other'), { version: '2.14.1' });
  expect(choosePrebuilt(root, environment({ LIBTORCH })).passedOver).toEqual([
    `${CPU}: it works with LibTorch 2.13.0 for the CPU alone, and LIBTORCH=${LIBTORCH} is another`,
  ]);
});

test('a damaged package is told in the error of the first call, in one line', () => {
  fakePrebuilt(root, CPU, '{');
  const load = () => loadAddon(root);
  expect(load).toThrow(failure('ERR_NO_ADDON', `; found ${CPU}: its prebuilt.json is missing or no JSON`));
  expect(load).not.toThrow(failure('ERR_NO_ADDON', '\n'));
});

test('a prebuilt addon that does not load is told with its reason', () => {
  install(CPU);
  const LIBTORCH = fakeLibtorch(path.join(folder, 'torch'));
  const before = process.env.LIBTORCH;
  process.env.LIBTORCH = LIBTORCH;
  try {
    expect(() => loadAddon(root)).toThrow(failure('ERR_NO_ADDON', `${CPU}/addon.node does not load: `));
  } finally {
    if (before === undefined) delete process.env.LIBTORCH;
    else process.env.LIBTORCH = before;
  }
});

test('the package for the LibTorch that is here is taken, and the others are told', () => {
  const package213 = install(CPU);
  install(OTHER, { libtorch: '2.14.1' });
  const libtorch = cached('2.13.0');
  const files = addonFiles(root, environment());
  expect(files).toMatchObject({
    path: path.join(package213, 'addon.node'),
    built: true,
    unfit: null,
    stale: null,
    stamp: { libtorch, version: '2.13.0', cuda: false, source: CPU },
    passedOver: [`${OTHER}: compiled for LibTorch 2.14.1, and version 2.13.0 is in ${libtorch}`],
  });
  expect(files.prebuilt?.libraries.map((file) => path.dirname(file))).toEqual([
    path.join(libtorch, 'lib'),
    path.join(libtorch, 'lib'),
  ]);
});

test('a LibTorch that no package is for is passed over for one that a package is for', () => {
  install(CPU);
  cached('2.14.1');
  const libtorch = cached('2.13.0');
  expect(choosePrebuilt(root, environment()).addon?.libtorch.root).toBe(libtorch);
});

test('an addon that was compiled here and fits comes first, and no package is looked at', () => {
  fakePrebuilt(root, CPU, '{');
  cached('2.13.0');
  const file = compiledHere();
  expect(addonFiles(root, environment())).toMatchObject({ path: file, prebuilt: null, passedOver: [] });
  expect(lookedForPython()).toBe(false);
});

test('an addon that was compiled here and has lost its LibTorch gives way to a package, and is told', () => {
  install(CPU);
  cached('2.13.0');
  const file = compiledHere();
  fs.rmSync(path.join(folder, 'own'), { recursive: true });
  expect(addonFiles(root, environment())).toMatchObject({
    built: true,
    prebuilt: { name: CPU },
    passedOver: [
      expect.stringMatching(new RegExp(`^${file}: it was built with .* the folder does not exist`)),
    ],
  });
});

test('sanitizers are compiled: no package stands in for them', () => {
  install(CPU);
  cached('2.13.0');
  expect(addonFiles(root, environment({ GAN_SANITIZE: 'address' }))).toMatchObject({
    built: false,
    prebuilt: null,
  });
});

describe('the LibTorch that setup took', () => {
  function remember(): string {
    install(CPU);
    const libtorch = { root: fakeLibtorch(path.join(folder, 'taken')), version: '2.13.0', cuda: null };
    rememberLibtorch(root, withLibtorch(findPrebuilt(root).fitting[0], libtorch));
    return libtorch.root;
  }

  test('is taken again, and nothing is looked for', () => {
    const libtorch = remember();
    expect(choosePrebuilt(root, environment()).addon?.libtorch.root).toBe(libtorch);
    expect(lookedForPython()).toBe(false);
  });

  test('gives way to LIBTORCH', () => {
    remember();
    const LIBTORCH = fakeLibtorch(path.join(folder, 'asked'));
    expect(choosePrebuilt(root, environment({ LIBTORCH })).addon?.libtorch.root).toBe(LIBTORCH);
  });

  test.each([
    ['is gone', () => fs.rmSync(path.join(folder, 'taken'), { recursive: true })],
    ['is another version now', () => fakeLibtorch(path.join(folder, 'taken'), { version: '2.14.1' })],
    ['was noted in a file that is damaged', () => write(path.join(root, 'build', 'prebuilt.json'), '{')],
  ])('is looked for anew where it %s', (_, damage) => {
    remember();
    const libtorch = cached('2.13.0');
    damage();
    expect(choosePrebuilt(root, environment()).addon?.libtorch.root).toBe(libtorch);
    expect(lookedForPython()).toBe(true);
  });

  test('is not noted in a package that cannot be written to, and that is no error', () => {
    write(path.join(root, 'build'), 'a file in the place of the folder');
    expect(remember).not.toThrow();
  });
});
