import * as fs from 'node:fs';
import * as path from 'node:path';
import { Worker } from 'node:worker_threads';
import { addonFiles, loadAddon } from '../../src/native/load';
import { failure } from '../support/failure';
import { fakeLibtorch, temporaryFolder, write } from './fake-libtorch';

let folder: string;

beforeEach(() => {
  folder = temporaryFolder();
});

afterEach(() => fs.rmSync(folder, { recursive: true }));

function stamp() {
  const libtorch = path.join(folder, 'torch');
  return { libtorch, version: '2.13.0', cuda: false, compiler: 'GNU 12.2.0', source: folder };
}

/** A package whose addon is a text file, built with LibTorch 2.13. */
function fakeBuild(): string {
  const release = path.join(folder, 'build', 'Release');
  write(path.join(release, 'build.json'), JSON.stringify(stamp()));
  return write(path.join(release, 'libtorch_gan.node'), 'not an ELF file');
}

test('an addon that is not built: the error tells where it was expected and what to type', () => {
  const file = path.join(folder, 'build', 'Release', 'libtorch_gan.node');
  expect(() => loadAddon(folder)).toThrow(failure('ERR_NO_ADDON', `expected ${file}`));
  expect(() => loadAddon(folder)).toThrow(failure('ERR_NO_ADDON', 'run `npm run build:native`'));
  expect(() => loadAddon(folder)).toThrow(failure('ERR_NO_ADDON', '`npx ts-node scripts/doctor.ts`'));
});

test('an addon that does not load: the error tells why, in one line', () => {
  fakeLibtorch(path.join(folder, 'torch'));
  const file = fakeBuild();
  const error = failure('ERR_NO_ADDON', `the native addon ${file} does not load`);
  expect(() => loadAddon(folder)).toThrow(error);
  expect(() => loadAddon(folder)).not.toThrow(failure('ERR_NO_ADDON', '\n'));
});

test('an addon whose LibTorch is gone is not loaded', () => {
  fakeBuild();
  expect(addonFiles(folder, {}).unfit).toContain('the folder does not exist');
  expect(() => loadAddon(folder)).toThrow(failure('ERR_NO_ADDON', 'the native addon does not fit'));
});

test('an addon whose LibTorch became another version is not loaded', () => {
  fakeLibtorch(path.join(folder, 'torch'), { version: '2.14.1' });
  fakeBuild();
  const text = `built with LibTorch 2.13.0 in ${path.join(folder, 'torch')}, which is version 2.14.1 now`;
  expect(() => loadAddon(folder)).toThrow(failure('ERR_NO_ADDON', text));
});

test('an addon that fits its LibTorch is neither unfit nor stale', () => {
  fakeLibtorch(path.join(folder, 'torch'));
  const file = fakeBuild();
  expect(addonFiles(folder, { LIBTORCH: path.join(folder, 'torch') })).toEqual({
    path: file,
    built: true,
    stamp: stamp(),
    unfit: null,
    stale: null,
    prebuilt: null,
    awaits: [],
    passedOver: [],
  });
});

test('an addon is stale when LIBTORCH names another LibTorch now', () => {
  fakeLibtorch(path.join(folder, 'torch'));
  fakeBuild();
  const other = fakeLibtorch(path.join(folder, 'other'));
  expect(addonFiles(folder, { LIBTORCH: other })).toMatchObject({
    unfit: null,
    stale: expect.stringContaining(`but LIBTORCH is ${other} now`),
  });
});

test('an addon is stale when a native source is newer', () => {
  fakeLibtorch(path.join(folder, 'torch'));
  const file = fakeBuild();
  write(path.join(folder, 'native', 'ops.def'));
  fs.utimesSync(file, 1_000_000, 1_000_000);
  expect(addonFiles(folder, {}).stale).toBe('native/ops.def is newer than the addon');
});

const real = addonFiles();
const testIfBuilt = real.built ? test : test.skip;

testIfBuilt('the addon loads in a worker thread beside the main one', async () => {
  expect(loadAddon().version()).toMatch(/^2\.\d+\.\d+/);
  const version = await new Promise((resolve, reject) => {
    const code = `require('node:worker_threads').parentPort.postMessage(require(${JSON.stringify(real.path)}).version())`;
    new Worker(code, { eval: true }).once('message', resolve).once('error', reject);
  });
  expect(version).toBe(loadAddon().version());
});
