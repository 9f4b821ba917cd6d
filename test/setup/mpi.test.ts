import * as fs from 'node:fs';
import * as path from 'node:path';
import { loadMpi, mpiFiles } from '../../src/native/mpi';
import { buildMpi } from '../../src/setup/mpi';
import { Sink } from '../cli/fakes';
import { fakeProgram, temporaryFolder, write } from '../native/fake-libtorch';
import { failure } from '../support/failure';

let root: string;
let bin: string;
let stderr: Sink;

beforeEach(() => {
  root = temporaryFolder();
  bin = path.join(root, 'bin');
  fs.mkdirSync(bin);
  stderr = new Sink();
});

afterEach(() => fs.rmSync(root, { recursive: true }));

function build() {
  return buildMpi(root, { env: environment(), stderr });
}

/** Without the programs of this machine, which may have Open MPI, but for those that the false ones call. */
function environment(): NodeJS.ProcessEnv {
  return { PATH: bin };
}

/** A cmake that notes what it is asked for, and makes what it should make unless `compiles` is no. */
function fakeCmake(compiles = true): void {
  const addon = path.join(root, 'build', 'mpi', 'Release', 'libtorch_gan_mpi.node');
  const cache = path.join(root, 'build', 'mpi', 'CMakeCache.txt');
  const source = path.join(root, 'native', 'mpi');
  const make = compiles
    ? `/bin/mkdir -p ${path.dirname(addon)}; echo > ${addon}`
    : 'echo no such type; exit 1';
  const configure = `echo CMAKE_HOME_DIRECTORY:INTERNAL=${source} > ${cache}`;
  fakeProgram(bin, 'mpicxx', 'echo g++');
  fakeProgram(
    bin,
    'cmake',
    `echo "$1" >> ${root}/asked; case "$*" in --build*) ${make};; *) ${configure};; esac`,
  );
}

test('without Open MPI nothing is compiled, nothing is said, and the use of it tells what to install', async () => {
  expect(await build()).toEqual({ path: null, reason: 'no Open MPI' });
  expect(stderr.text).toBe('');
  expect(() => loadMpi(mpiFiles(root, environment()))).toThrow(
    failure('ERR_NO_MPI', 'since there is no Open MPI: `'),
  );
});

test('a compiler error is no failure of setup, and the use of it tells where the log is', async () => {
  fakeCmake(false);
  const log = path.join(root, 'build', 'mpi', 'setup.log');
  expect(await build()).toEqual({ path: null, reason: `compiling it failed: see ${log}` });
  expect(stderr.text).toContain(`failed, see ${log}`);
  expect(fs.readFileSync(log, 'utf8')).toContain('no such type');
  expect(() => loadMpi(mpiFiles(root, environment()))).toThrow(failure('ERR_NO_MPI', `failed: see ${log}`));
});

test('a package that cannot be written to is no failure of setup either', async () => {
  fakeCmake();
  write(path.join(root, 'build'), 'a file where a folder is wanted');
  expect(await build()).toEqual({
    path: null,
    reason: expect.stringMatching(/^compiling it failed: E(NOTDIR|EXIST)/),
  });
});

test('Open MPI that came after the build tells to build once more', () => {
  fakeCmake();
  expect(() => loadMpi(mpiFiles(root, environment()))).toThrow(
    failure('ERR_NO_MPI', 'is not built: run `npm run build:native`'),
  );
});

test('an addon that does not load is told with its reason', () => {
  const files = mpiFiles(root, environment());
  write(files.path, 'no ELF');
  expect(() => loadMpi({ ...files, built: true })).toThrow(
    failure('ERR_NO_MPI', 'the addon for MPI does not load: '),
  );
});

test('the first build configures and compiles, the second compiles alone, and one of another folder configures afresh', async () => {
  fakeCmake();
  const addon = path.join(root, 'build', 'mpi', 'Release', 'libtorch_gan_mpi.node');
  const asked = () => {
    const lines = fs.readFileSync(path.join(root, 'asked'), 'utf8').trim().split('\n');
    fs.rmSync(path.join(root, 'asked'));
    return lines.filter((line) => line !== '--version').map((line) => line === '--build');
  };
  expect(await build()).toEqual({ path: addon, reason: null });
  expect(asked()).toEqual([false, true]);
  await build();
  expect(asked()).toEqual([true]);
  write(path.join(root, 'build', 'mpi', 'CMakeCache.txt'), 'CMAKE_HOME_DIRECTORY:INTERNAL=/elsewhere\n');
  await build();
  expect(asked()).toEqual([false, true]);
});
