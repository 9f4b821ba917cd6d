import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Libtorch } from '../../src/native/libtorch';
import { buildAddon } from '../../src/setup/build';
import { Sink } from '../cli/fakes';
import { fakeProgram, temporaryFolder, write } from '../native/fake-libtorch';
import { failure } from '../support/failure';

const libtorch: Libtorch = { root: '/lt', source: 'LIBTORCH', version: '2.13.0', cuda: null };
let root: string;
let bin: string;

beforeEach(() => {
  root = temporaryFolder();
  bin = path.join(root, 'bin');
});

afterEach(() => fs.rmSync(root, { recursive: true }));

/** A cmake that notes what it is asked, and makes what CMakeLists.txt makes. */
function fakeCmake(build: string): void {
  const stamp = JSON.stringify({ libtorch: libtorch.root, version: libtorch.version, source: root });
  const configure = `touch build/CMakeCache.txt; echo '${stamp}' > build/build.json`;
  fakeProgram(bin, 'cmake', `echo "$1" >> asked; case "$*" in --build*) ${build};; *) ${configure};; esac`);
}

const COMPILES =
  'mkdir -p build/Release; [ -e build/Release/libtorch_gan.node ] || echo "[1/2] x" | tee build/Release/libtorch_gan.node';

function asked(): string[] {
  return fs.readFileSync(path.join(root, 'asked'), 'utf8').trim().split('\n');
}

function build(libtorchNow = libtorch, stderr = new Sink()) {
  const env = { PATH: `${bin}:/bin:/usr/bin` };
  return buildAddon(libtorchNow, root, { env, stderr });
}

test('a compiler error is passed on, with the log', async () => {
  fakeCmake('echo "native/a.cc:1: error: no"; exit 1');
  const log = path.join(root, 'build', 'setup.log');
  await expect(build()).rejects.toMatchObject({
    code: 'ERR_COMPILE',
    message: `compiling the addon failed: see ${log}`,
    cause: expect.stringContaining('native/a.cc:1: error: no'),
  });
  expect(fs.readFileSync(log, 'utf8')).toContain('native/a.cc:1: error: no');
  expect(fs.readdirSync(path.join(root, 'build'))).not.toContain('.lock');
});

test('a compiler that is killed is an error too', async () => {
  fakeCmake('kill -9 $$');
  await expect(build()).rejects.toThrow(failure('ERR_COMPILE', 'compiling the addon failed'));
});

test('the first build configures and compiles, the second finds all up to date', async () => {
  fakeCmake(COMPILES);
  const addon = path.join(root, 'build', 'Release', 'libtorch_gan.node');
  const stderr = new Sink();
  expect(await build()).toEqual({ path: addon, compiled: true });
  expect(await build(libtorch, stderr)).toEqual({ path: addon, compiled: false });
  expect(stderr.text).toMatch(/up to date/);
  expect(asked().map((first) => (first === '--build' ? 'build' : 'configure'))).toEqual([
    'configure',
    'build',
    'build',
  ]);
});

test.each([
  ['another LibTorch', { root: '/other' }],
  ['another version in the same folder', { version: '2.14.0' }],
])('%s is configured afresh', async (_, change) => {
  fakeCmake(COMPILES);
  await build();
  write(path.join(root, 'build', 'CMakeFiles', 'old'));
  await build({ ...libtorch, ...change });
  expect(asked()).toHaveLength(4);
  expect(fs.existsSync(path.join(root, 'build', 'CMakeFiles'))).toBe(false);
});
