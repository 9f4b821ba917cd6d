import * as fs from 'node:fs';
import * as path from 'node:path';
import { findLibtorch, inspectLibtorch } from '../../src/native/libtorch';
import { fakeLibtorch, fakeProgram, temporaryFolder, write } from './fake-libtorch';

let folder: string;
let bin: string;

beforeEach(() => {
  folder = temporaryFolder();
  bin = path.join(folder, 'bin');
  fakeProgram(bin, 'python3', 'echo');
});

afterEach(() => fs.rmSync(folder, { recursive: true }));

/** Sees nothing of the machine but a python3 without torch and an empty cache. */
function environment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return { PATH: bin, XDG_CACHE_HOME: path.join(folder, 'cache'), ...more };
}

function cached(name: string, options?: Parameters<typeof fakeLibtorch>[1]): string {
  return fakeLibtorch(path.join(folder, 'cache', 'libtorch-gan', name, 'torch'), options);
}

describe('a folder that is no LibTorch is rejected, when', () => {
  test('it does not exist', () => {
    expect(inspectLibtorch(path.join(folder, 'nowhere'))).toBe('the folder does not exist');
  });

  test('it has no headers', () => {
    expect(inspectLibtorch(folder)).toContain('found no include/ATen/ATen.h');
  });

  test('it has no libraries', () => {
    const root = fakeLibtorch(path.join(folder, 'torch'));
    fs.rmSync(path.join(root, 'lib'), { recursive: true });
    expect(inspectLibtorch(root)).toMatch(/expected lib\/libtorch_cpu\.\w+ and lib\/libc10\.\w+/);
  });

  test('no file tells its version', () => {
    const root = fakeLibtorch(path.join(folder, 'torch'));
    fs.rmSync(path.join(root, 'include', 'torch'), { recursive: true });
    expect(inspectLibtorch(root)).toContain('its version can be read from no file');
  });

  test.each(['2.10.0', '2.15.0', '1.13.1', '3.12.0'])('its version is %s', (version) => {
    const root = fakeLibtorch(path.join(folder, 'torch'), { version });
    expect(inspectLibtorch(root, {})).toContain(`version ${version}; supported are 2.11 to 2.14`);
  });
});

test.each(['2.11.0', '2.12.1', '2.13.0', '2.14.1'])('version %s serves', (version) => {
  const root = fakeLibtorch(path.join(folder, 'torch'), { version });
  expect(inspectLibtorch(root, {})).toEqual({ root, version, cuda: null });
});

test('LIBTORCH_GAN_ANY_VERSION=1 takes a version that is not supported', () => {
  const root = fakeLibtorch(path.join(folder, 'torch'), { version: '2.20.0' });
  expect(inspectLibtorch(root, { LIBTORCH_GAN_ANY_VERSION: '1' })).toMatchObject({ version: '2.20.0' });
});

test.each([
  ['version.py', "__version__ = '2.14.1+cu130'\ncuda: Optional[str] = '13.0'\n", '13.0'],
  ['build-version', '2.14.1+cu126\n', '12.6'],
  ['README', '', 'unknown'],
])('a CUDA build tells its CUDA version in %s', (name, text, cuda) => {
  const root = fakeLibtorch(path.join(folder, 'torch'), { version: '2.14.1', cuda: true });
  write(path.join(root, name), text);
  expect(inspectLibtorch(root, {})).toMatchObject({ cuda });
});

test('a search in vain tells of every place why', () => {
  expect(findLibtorch({ env: environment() })).toEqual({
    found: null,
    rejected: [
      { source: 'LIBTORCH', path: null, reason: 'the variable is not set' },
      { source: 'python3', path: null, reason: 'python3 has no torch package' },
      { source: 'cache', path: null, reason: `${path.join(folder, 'cache', 'libtorch-gan')} holds none` },
    ],
  });
});

test('a machine without python3 is searched all the same', () => {
  fs.rmSync(path.join(bin, 'python3'));
  const root = cached('libtorch-2.13.0-cpu');
  const { found, rejected } = findLibtorch({ env: environment() });
  expect(found).toEqual({ root, source: 'cache', version: '2.13.0', cuda: null });
  expect(rejected[1].reason).toBe('python3 is not installed, or does not start');
});

test('LIBTORCH goes before python3, and python3 before the cache', () => {
  cached('libtorch-2.13.0-cpu');
  const torch = fakeLibtorch(path.join(folder, 'site', 'torch'), { version: '2.12.0' });
  fakeProgram(bin, 'python3', `echo ${torch}`);
  expect(findLibtorch({ env: environment() }).found).toMatchObject({ root: torch, source: 'python3' });
  const own = fakeLibtorch(path.join(folder, 'own'));
  expect(findLibtorch({ env: environment({ LIBTORCH: own }) }).found).toMatchObject({
    root: own,
    source: 'LIBTORCH',
  });
});

test('a LIBTORCH that does not serve ends the search: nothing is taken in its place', () => {
  cached('libtorch-2.13.0-cpu');
  const { found, rejected } = findLibtorch({ env: environment({ LIBTORCH: '/nowhere' }) });
  expect(found).toBeNull();
  expect(rejected).toEqual([{ source: 'LIBTORCH', path: '/nowhere', reason: 'the folder does not exist' }]);
});

test('of the cached ones a CUDA build goes first, then the newest', () => {
  cached('libtorch-2.11.0-cpu', { version: '2.11.0' });
  const newer = cached('libtorch-2.14.0-cpu', { version: '2.14.0' });
  expect(findLibtorch({ env: environment() }).found?.root).toBe(newer);
  const cuda = cached('libtorch-2.13.0-cuda', { cuda: true });
  expect(findLibtorch({ env: environment() }).found?.root).toBe(cuda);
});

test('a half-written folder in the cache is not taken', () => {
  write(path.join(folder, 'cache', 'libtorch-gan', '.fetching-libtorch-2.13.0-cpu', 'unpacked', 'a'));
  write(path.join(folder, 'cache', 'libtorch-gan', 'libtorch-2.14.0-cpu', 'torch', 'lib', 'a'));
  const root = cached('libtorch-2.13.0-cpu');
  expect(findLibtorch({ env: environment() }).found?.root).toBe(root);
});

test('of builds with CUDA the newer CUDA goes first', () => {
  cached('libtorch-2.14.1-cuda12', { version: '2.14.1', cuda: true });
  const newer = cached('libtorch-2.13.0-cuda', { version: '2.13.0', cuda: true });
  expect(findLibtorch({ env: environment() }).found?.root).toBe(newer);
});

test('one that is not wanted is passed over, with the reason', () => {
  const cpu = cached('libtorch-2.13.0-cpu');
  const misfit = ({ cuda }: { cuda: string | null }) => (cuda === null ? 'a CPU build' : null);
  const { found, rejected } = findLibtorch({ env: environment(), misfit });
  expect(found).toBeNull();
  expect(rejected.at(-1)).toEqual({ source: 'cache', path: cpu, reason: 'a CPU build' });
});
