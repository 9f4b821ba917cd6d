import * as fs from 'node:fs';
import * as path from 'node:path';
import type { PrebuiltManifest } from '../../src/native/prebuilt-manifest';
import { BUILDS } from '../../src/setup/builds';
import { diagnose } from '../../src/setup/diagnosis';
import { type SetupOptions, setup } from '../../src/setup/setup';
import { Sink } from '../cli/fakes';
import { fakeLibtorch, fakeProgram, temporaryFolder, write } from '../native/fake-libtorch';
import { fakeCached, fakeLibrary, fakePrebuiltHere } from '../native/fake-prebuilt';
import { failure } from '../support/failure';

// Whether the addon of a package loads: it is no ELF file here.
let loads = true;
jest.mock('../../src/setup/probe', () => ({
  probeAddon: () => (loads ? { facts: { version: '2.13.0' } } : { failure: 'GLIBCXX_3.4.30 not found' }),
}));

const NAME = 'libtorch-gan-here-cpu-2.13.0';
let folder: string;
let root: string;
let bin: string;
let stderr: Sink;

beforeEach(() => {
  folder = temporaryFolder();
  root = fakeLibrary(folder);
  bin = path.join(folder, 'bin');
  stderr = new Sink();
  loads = true;
  fakeProgram(bin, 'python3', 'case "$*" in *pip*) echo "ERROR: no index answers" >&2; exit 1;; esac; echo');
  jest.spyOn(globalThis, 'fetch').mockRejectedValue(new Error('no network'));
});

afterEach(() => {
  jest.restoreAllMocks();
  fs.rmSync(folder, { recursive: true });
});

function environment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return { PATH: `${bin}`, XDG_CACHE_HOME: path.join(folder, 'cache'), ...more };
}

function run(more: NodeJS.ProcessEnv = {}, options: Partial<SetupOptions> = {}) {
  return setup({ env: environment(more), stderr, ...options }, root);
}

const install = (changes: Partial<PrebuiltManifest> = {}) => fakePrebuiltHere(root, NAME, changes);

const cached = (version: string) => fakeCached(folder, version);

/** Programs of this name that compile: they note that they were asked, and make what CMakeLists.txt makes. */
function installTools(): void {
  fakeProgram(bin, 'c++', 'echo g++ 12');
  const compiles = `/bin/mkdir -p ${root}/build/Release; echo x > ${root}/build/Release/libtorch_gan.node`;
  fakeProgram(
    bin,
    'cmake',
    `case "$1" in --version) echo cmake version 3.25.1;; *) echo $1 >> ${bin}/asked; ${compiles};; esac`,
  );
}

const compiled = () => fs.existsSync(path.join(bin, 'asked'));

describe('without a compiler', () => {
  test('and without a package the compiler is what is missing', async () => {
    cached('2.13.0');
    await expect(run()).rejects.toThrow(failure('ERR_NO_TOOLCHAIN', 'a C++20 compiler (c++)'));
  });

  test('a package that does not fit is told beside what is missing, in one line', async () => {
    install({ glibc: '99.0' });
    const result = run();
    const reason = process.platform === 'linux' ? 'it needs glibc 99.0 or newer' : 'compiled for glibc';
    await expect(result).rejects.toThrow(failure('ERR_NO_TOOLCHAIN', 'a C++20 compiler (c++)'));
    await expect(result).rejects.toThrow(failure('ERR_NO_TOOLCHAIN', `; found ${NAME}: ${reason}`));
    await expect(result).rejects.not.toThrow(failure('ERR_NO_TOOLCHAIN', '\n'));
  });

  test('a package that does not load is told with its reason', async () => {
    loads = false;
    install();
    cached('2.13.0');
    await expect(run()).rejects.toThrow(
      failure('ERR_NO_TOOLCHAIN', `; found ${NAME}: it does not load: GLIBCXX_3.4.30 not found`),
    );
  });

  test('a LIBTORCH that the package is not for is an error that says both', async () => {
    install();
    const LIBTORCH = fakeLibtorch(path.join(folder, 'own'), { version: '2.14.1' });
    await expect(run({ LIBTORCH })).rejects.toThrow(
      failure(
        'ERR_LIBTORCH',
        `LIBTORCH is ${LIBTORCH}: ${NAME} is compiled for LibTorch 2.13.0, and version 2.14.1`,
      ),
    );
  });

  test('a package for a LibTorch that cannot be fetched is told, and nothing is fetched', async () => {
    install({ libtorch: '2.12.0' });
    await expect(run()).rejects.toThrow(
      failure(
        'ERR_NO_TOOLCHAIN',
        `found ${NAME} for LibTorch 2.12.0, where LibTorch 2.13.0 for the CPU is what would`,
      ),
    );
    expect(fetch).not.toHaveBeenCalled();
  });

  test('a package with its LibTorch is taken, another LibTorch passed over, and it is remembered', async () => {
    const own = install();
    cached('2.14.1');
    const libtorch = cached('2.13.0');
    expect(await run()).toEqual({
      path: path.join(own, 'addon.node'),
      compiled: false,
      prebuilt: NAME,
      mpi: { path: null, reason: 'no Open MPI' },
    });
    expect(stderr.text).toBe(
      `nothing to compile: ${NAME} has the addon for LibTorch 2.13.0, in ${libtorch}\n`,
    );
    const noted = JSON.parse(fs.readFileSync(path.join(root, 'build', 'prebuilt.json'), 'utf8'));
    expect(noted).toEqual({ libtorch });
  });

  test('the LibTorch of a package is fetched', async () => {
    install({ libtorch: BUILDS.cpu.version });
    await expect(run()).rejects.toThrow(failure('ERR_FETCH', 'pip: no index answers'));
  });

  const linux = process.platform === 'linux' ? test : test.skip;
  linux('a GPU that no package is for goes unused, and a line says why', async () => {
    fakeProgram(bin, 'nvidia-smi', 'echo "NVIDIA H100, 81559 MiB, 580.65.06, 9.0"');
    install();
    cached('2.13.0');
    expect(await run()).toMatchObject({ prebuilt: NAME });
    expect(stderr.text).toMatch(
      /^warning: driver .* is there, but a C\+\+20 compiler .*, and no prebuilt addon has CUDA; /,
    );
    await expect(run({ LIBTORCH_GAN_LIBTORCH: 'cuda' })).rejects.toThrow(
      failure('ERR_NO_TOOLCHAIN', 'LibTorch 2.14.1 with CUDA 13.0 is what would be fetched'),
    );
  });
});

describe('with a compiler', () => {
  beforeEach(installTools);

  test('what does not fit is told in one line, and the addon is compiled', async () => {
    install();
    const libtorch = cached('2.14.1');
    expect(await run()).toMatchObject({ compiled: true, prebuilt: null });
    expect(stderr.text).toContain(
      `note: the addon is compiled: found ${NAME}: compiled for LibTorch 2.13.0, and version 2.14.1 is in ${libtorch}\n`,
    );
  });

  test.each([
    ['--compile', {}, { compile: true }],
    ['sanitizers', { GAN_SANITIZE: 'address' }, {}],
  ])('%s: no package is taken', async (_, env, options) => {
    install();
    cached('2.13.0');
    expect(await run(env, options)).toMatchObject({ prebuilt: null });
    expect(compiled()).toBe(true);
  });

  test('a package that fits saves the compiling', async () => {
    install();
    cached('2.13.0');
    expect(await run()).toMatchObject({ compiled: false, prebuilt: NAME });
    expect(compiled()).toBe(false);
  });

  test('an addon that was compiled here is kept up to date', async () => {
    install();
    const libtorch = cached('2.13.0');
    const release = path.join(root, 'build', 'Release');
    write(path.join(release, 'libtorch_gan.node'), 'x');
    const stamp = { libtorch, version: '2.13.0', cuda: false, compiler: 'GNU 12.2.0', source: root };
    write(path.join(release, 'build.json'), JSON.stringify(stamp));
    expect(await run()).toMatchObject({ prebuilt: null });
    expect(compiled()).toBe(true);
  });
});

describe('doctor', () => {
  test('says that a LibTorch is to be fetched, where nothing else is missing', () => {
    install();
    const { next, ready } = diagnose(environment(), root);
    expect(ready).toBe(false);
    expect(next.reason).toBe('fetches LibTorch 2.13.0, which a prebuilt addon is there for');
  });

  test('asks for a compiler where the package is for a LibTorch that cannot be fetched', () => {
    install({ libtorch: '2.12.0' });
    expect(diagnose(environment(), root).next.reason).toContain('a C++20 compiler');
  });

  test('tells that training can run with the addon of a package', () => {
    install();
    cached('2.13.0');
    expect(diagnose(environment(), root)).toMatchObject({
      ready: true,
      addon: { prebuilt: { name: NAME }, failure: null },
      next: { reason: 'all is ready' },
    });
  });
});
