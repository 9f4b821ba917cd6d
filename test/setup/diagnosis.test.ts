import * as fs from 'node:fs';
import * as path from 'node:path';
import { addonFiles } from '../../src/native/load';
import { diagnose } from '../../src/setup/diagnosis';
import { fakeLibtorch, fakeProgram, temporaryFolder, write } from '../native/fake-libtorch';

let folder: string;
let bin: string;

beforeEach(() => {
  folder = temporaryFolder();
  bin = path.join(folder, 'bin');
  fakeProgram(bin, 'python3', 'echo');
});

afterEach(() => fs.rmSync(folder, { recursive: true }));

function environment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return { PATH: bin, XDG_CACHE_HOME: path.join(folder, 'cache'), ...more };
}

function installTools(): void {
  fakeProgram(bin, 'c++', 'echo g++ 12');
  fakeProgram(bin, 'cmake', 'echo cmake version 3.25.1');
}

function fakeAddon(): void {
  const release = path.join(folder, 'build', 'Release');
  const libtorch = fakeLibtorch(path.join(folder, 'torch'));
  write(
    path.join(release, 'build.json'),
    JSON.stringify({ libtorch, version: '2.13.0', compiler: 'GNU 12', source: folder }),
  );
  write(path.join(release, 'libtorch_gan.node'), 'not an ELF file');
}

test('on a bare machine the next step is to install what compiles', () => {
  const { ready, next, tools } = diagnose(environment(), folder);
  expect(ready).toBe(false);
  const [compiler, cmake] = tools;
  expect(next.command).toBe(`${compiler.install} && ${cmake.install}`);
});

test('a LIBTORCH that does not serve is to be unset', () => {
  installTools();
  const { ready, next } = diagnose(environment({ LIBTORCH: '/nowhere' }), folder);
  expect({ ready, next }).toEqual({
    ready: false,
    next: { command: 'unset LIBTORCH', reason: 'LIBTORCH does not serve: the folder does not exist' },
  });
});

test('without LibTorch and addon the next step fetches and compiles', () => {
  installTools();
  const { ready, next } = diagnose(environment(), folder);
  expect(ready).toBe(false);
  expect(next).toEqual({
    command: 'npm run build:native',
    reason: 'fetches LibTorch and compiles the addon: it is not built',
  });
});

test('an addon that does not load is told with its reason', () => {
  installTools();
  fakeAddon();
  const { ready, addon, next } = diagnose(environment(), folder);
  expect(ready).toBe(false);
  expect(addon).toMatchObject({
    built: true,
    facts: null,
    failure: expect.stringContaining('libtorch_gan.node'),
  });
  expect(next.command).toBe('npm run build:native');
});

test('an addon whose LibTorch is gone is not even tried', () => {
  installTools();
  fakeAddon();
  fs.rmSync(path.join(folder, 'torch'), { recursive: true });
  expect(diagnose(environment(), folder).addon.failure).toContain('the folder does not exist');
});

test('the sizes of the cached folders are told', () => {
  const cached = path.join(folder, 'cache', 'libtorch-gan', 'data');
  write(path.join(cached, 'deep', 'file'), 'x'.repeat(1234));
  expect(diagnose(environment(), folder).caches).toEqual([{ path: cached, bytes: 1234 }]);
});

test('a file in the place of the cache is no reason to tell nothing', () => {
  write(path.join(folder, 'cache', 'libtorch-gan'), 'no folder');
  expect(diagnose(environment(), folder).caches).toEqual([]);
});

test('a wrong LIBTORCH_GAN_LIBTORCH is to be unset, and the rest is told all the same', () => {
  installTools();
  const { next, choice } = diagnose(environment({ LIBTORCH_GAN_LIBTORCH: 'gpu' }), folder);
  expect(choice).toEqual({ kind: null, reason: next.reason });
  expect(next).toMatchObject({
    command: 'unset LIBTORCH_GAN_LIBTORCH',
    reason: expect.stringContaining('received "gpu"'),
  });
});

test('the graphics cards are those that nvidia-smi shows, and the choice follows from their driver', () => {
  fakeProgram(
    bin,
    'nvidia-smi',
    'echo "NVIDIA H100, 81559 MiB, 570.1, 9.0"; echo "NVIDIA H100, 81559 MiB, 570.1, 9.0"',
  );
  write(
    path.join(fakeLibtorch(path.join(folder, 'cache', 'libtorch-gan', 'libtorch-2.13.0-cpu', 'torch')), 'a'),
  );
  const card = 'NVIDIA H100, 81559 MiB, compute capability 9.0, driver 570.1';
  const { gpus, choice, libtorch } = diagnose(environment(), folder);
  expect(gpus).toEqual([card, card]);
  expect(choice).toEqual({ kind: 'cuda12', reason: 'driver 570.1 is there' });
  expect(libtorch).toMatchObject({
    found: null,
    rejected: expect.arrayContaining([
      expect.objectContaining({
        reason: 'a CPU build, and driver 570.1 runs LibTorch 2.14.1 with CUDA 12.6',
      }),
    ]),
  });
  const asked = diagnose(environment({ LIBTORCH_GAN_LIBTORCH: 'cpu' }), folder);
  expect(asked).toMatchObject({ choice: { kind: 'cpu' }, libtorch: { found: { cuda: null } } });
});

const real = addonFiles();
const testIfBuilt = real.built ? test : test.skip;

testIfBuilt('the real addon tells its facts from a process of its own, and training can run', () => {
  const { ready, addon, next } = diagnose({ ...process.env, LIBTORCH: real.stamp?.libtorch });
  expect(ready).toBe(true);
  expect(addon.facts).toMatchObject({ version: real.stamp?.version, cuda: real.stamp?.cuda });
  expect(addon.facts?.threads).toBeGreaterThan(0);
  expect(next.command).not.toBe('');
});
