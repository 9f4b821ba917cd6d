import * as fs from 'node:fs';
import * as path from 'node:path';
import { BUILDS } from '../../src/setup/builds';
import { findOrFetch } from '../../src/setup/setup';
import { Sink } from '../cli/fakes';
import { fakeLibtorch, fakeProgram, temporaryFolder } from '../native/fake-libtorch';
import { failure } from '../support/failure';

// How much is free on the disk, in bytes; else as it is.
let free: number | null = null;
jest.mock('node:fs', () => {
  const real = jest.requireActual<typeof import('node:fs')>('node:fs');
  const statfsSync = (folder: string) =>
    free === null ? real.statfsSync(folder) : { bavail: free / 1000, bsize: 1000 };
  return { ...real, statfsSync };
});

let folder: string;
let bin: string;
let stderr: Sink;

beforeEach(() => {
  folder = temporaryFolder();
  bin = path.join(folder, 'bin');
  stderr = new Sink();
  free = 100e9;
  jest.spyOn(globalThis, 'fetch').mockRejectedValue(new Error('no network'));
  fakeProgram(bin, 'python3', 'case "$*" in *pip*) echo "ERROR: no index answers" >&2; exit 1;; esac; echo');
  fakeProgram(bin, 'nvidia-smi', 'echo "NVIDIA H100, 81559 MiB, 580.65.06, 9.0"');
});

afterEach(() => {
  jest.restoreAllMocks();
  fs.rmSync(folder, { recursive: true });
});

function find(more: NodeJS.ProcessEnv = {}, cuda?: boolean) {
  const env = { PATH: `${bin}:${process.env.PATH}`, XDG_CACHE_HOME: path.join(folder, 'cache'), ...more };
  return findOrFetch({ env, stderr, cuda });
}

function cached(name: string, options?: { version?: string; cuda?: boolean }): string {
  return fakeLibtorch(path.join(folder, 'cache', 'libtorch-gan', name, 'torch'), options);
}

const linux = process.platform === 'linux' ? describe : describe.skip;

linux('where the driver runs a build with CUDA', () => {
  const SIZES =
    'fetching LibTorch 2.14.1 with CUDA 13.0, since driver 580.65.06 is there with NVIDIA H100: ' +
    'about 2.7 GB to download and 4.4 GB on the disk; LIBTORCH_GAN_LIBTORCH=cpu takes the CPU build (0.2 GB)\n';

  test('without a network the CPU build of the cache serves, and a line says why', async () => {
    const root = cached('libtorch-2.13.0-cpu');
    expect(await find()).toMatchObject({ root, cuda: null });
    expect(stderr.text).toContain(SIZES);
    expect(stderr.text).toMatch(
      /warning: LibTorch 2\.14\.1 \(cuda\) cannot be fetched: pip: no index answers; .*: no network; .*; a CPU build is taken/,
    );
  });

  test('without any LibTorch and network the error is that of the CPU build, the last that was tried', async () => {
    await expect(find()).rejects.toThrow(failure('ERR_FETCH', 'LibTorch 2.13.0 (cpu) cannot be fetched'));
  });

  test('without room on the disk what is needed is said, nothing is downloaded, and the CPU build serves', async () => {
    const root = cached('libtorch-2.13.0-cpu');
    free = BUILDS.cuda.room - 1e9;
    expect(await find()).toMatchObject({ root });
    expect(stderr.text).toMatch(
      /warning: fetching LibTorch 2\.14\.1 with CUDA 13\.0 needs 10\.0 GB in \S+, and 9\.0 GB are free: make room, or set XDG_CACHE_HOME; a CPU build/,
    );
    expect(stderr.text).not.toContain('pip');
  });

  test.each([
    ['by the variable', { LIBTORCH_GAN_LIBTORCH: 'cuda' }, undefined],
    ['by the flag', {}, true],
  ])('and CUDA was asked for %s, what stands in the way is an error', async (_, env, flag) => {
    cached('libtorch-2.13.0-cpu');
    await expect(find(env, flag)).rejects.toThrow(
      failure('ERR_FETCH', 'LibTorch 2.14.1 (cuda) cannot be fetched'),
    );
    free = 1e9;
    await expect(find(env, flag)).rejects.toThrow(failure('ERR_FETCH', 'needs 10.0 GB'));
    expect(stderr.text).not.toContain('warning');
  });

  test('one in the cache is taken before any other, and nothing is fetched', async () => {
    cached('libtorch-2.14.1-cpu', { version: '2.14.1' });
    const root = cached('libtorch-2.14.1-cuda', { version: '2.14.1', cuda: true });
    expect(await find()).toMatchObject({ root });
    expect(stderr.text).toBe('');
  });

  test('LIBTORCH_GAN_LIBTORCH=cpu has a CPU build all the same, and not one with CUDA', async () => {
    const root = cached('libtorch-2.13.0-cpu');
    cached('libtorch-2.14.1-cuda', { version: '2.14.1', cuda: true });
    expect(await find({ LIBTORCH_GAN_LIBTORCH: 'cpu' })).toMatchObject({ root });
    expect(stderr.text).toBe('');
  });

  test('LIBTORCH is a decision, for a CPU build too', async () => {
    const LIBTORCH = fakeLibtorch(path.join(folder, 'own'));
    expect(await find({ LIBTORCH })).toMatchObject({ root: LIBTORCH, source: 'LIBTORCH' });
    await expect(find({ LIBTORCH, LIBTORCH_GAN_LIBTORCH: 'cuda' })).rejects.toThrow(
      failure('ERR_LIBTORCH', 'a CPU build, and a CUDA build was asked for'),
    );
  });
});

linux('where a GPU cannot be used', () => {
  test.each([
    [
      'the driver is too old',
      'echo "Tesla K80, 11441 MiB, 470.82, 3.7"',
      'Tesla K80 has compute capability 3.7',
    ],
    ['the driver tells nothing', 'echo "No devices were found"', 'nvidia-smi said "No devices were found"'],
  ])('since %s, a CPU build is taken, and a line says so', async (_, script, reason) => {
    fakeProgram(bin, 'nvidia-smi', script);
    const root = cached('libtorch-2.13.0-cpu');
    expect(await find()).toMatchObject({ root });
    expect(stderr.text).toMatch(/^warning: .*; a CPU build is taken\n$/);
    expect(stderr.text).toContain(reason);
  });

  test('a build with CUDA that is there is taken all the same, and the line names it', async () => {
    fakeProgram(bin, 'nvidia-smi', 'echo "Tesla K80, 11441 MiB, 470.82, 3.7"');
    const LIBTORCH = fakeLibtorch(path.join(folder, 'own'), { cuda: true });
    expect(await find({ LIBTORCH })).toMatchObject({ root: LIBTORCH });
    expect(stderr.text).toMatch(/^warning: Tesla K80 .*; LibTorch 2\.13\.0 in \S+own is taken\n$/);
  });
});

test('without a GPU nothing is said', async () => {
  fs.rmSync(path.join(bin, 'nvidia-smi'));
  const root = cached('libtorch-2.13.0-cpu');
  expect(await find()).toMatchObject({ root });
  expect(stderr.text).toBe('');
});
