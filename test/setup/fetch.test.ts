import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { BUILDS } from '../../src/setup/builds';
import { fetchLibtorch, officialUrl } from '../../src/setup/fetch';
import { Sink } from '../cli/fakes';
import { fakeLibtorch, fakeProgram, temporaryFolder, write } from '../native/fake-libtorch';
import { failure } from '../support/failure';

let folder: string;
let cache: string;
const version = BUILDS.cpu.version;

beforeEach(() => {
  folder = temporaryFolder();
  cache = path.join(folder, 'cache', 'libtorch-gan');
});

afterEach(() => fs.rmSync(folder, { recursive: true }));

/** A zip as the official site has it: libtorch/ with a build-version. */
function zip({ cuda = false, wheel = false } = {}): string {
  const top = wheel ? 'torch' : 'libtorch';
  const root = fakeLibtorch(path.join(folder, 'made', top), { version, cuda });
  write(path.join(root, wheel ? 'version.py' : 'build-version'));
  write(path.join(root, 'share', 'cmake', 'a'));
  write(path.join(root, 'lib', 'libtorch_python.so'));
  write(path.join(root, 'bin', 'test_api'));
  const archive = path.join(folder, wheel ? 'torch.whl' : 'libtorch.zip');
  spawnSync('cmake', ['-E', 'tar', 'cf', archive, '--format=zip', top], { cwd: path.dirname(root) });
  return archive;
}

function surroundings(archive: string) {
  const env = { PATH: process.env.PATH, XDG_CACHE_HOME: path.join(folder, 'cache') };
  return { env: { ...env, LIBTORCH_GAN_URL: pathToFileURL(archive).href }, stderr: new Sink() };
}

/** What an attempt left behind. */
function leftovers(): string[] {
  return fs.readdirSync(cache).filter((name) => name !== `libtorch-${version}-cpu`);
}

test('an archive that is not there: the error tells what was tried and what to do', async () => {
  const fetched = fetchLibtorch('cpu', surroundings(path.join(folder, 'nowhere.zip')));
  await expect(fetched).rejects.toThrow(failure('ERR_FETCH', 'nowhere.zip'));
  await expect(fetched).rejects.toThrow(
    failure('ERR_FETCH', 'set LIBTORCH to a folder with include/ and lib/'),
  );
  expect(fs.readdirSync(cache)).toEqual([]);
});

test('a truncated archive is refused and leaves nothing behind', async () => {
  const archive = zip();
  fs.truncateSync(archive, Math.floor(fs.statSync(archive).size / 2));
  const fetched = fetchLibtorch('cpu', surroundings(archive));
  await expect(fetched).rejects.toThrow(failure('ERR_FETCH', 'libtorch.zip is no zip, or truncated'));
  expect(fs.readdirSync(cache)).toEqual([]);
});

test('an archive of the other kind is refused', async () => {
  const fetched = fetchLibtorch('cpu', surroundings(zip({ cuda: true })));
  await expect(fetched).rejects.toThrow(
    failure('ERR_FETCH', 'a cpu build was asked for and a cuda build came'),
  );
});

test('where neither pip nor the official site serves, the error tells of both', async () => {
  const bin = path.join(folder, 'bin');
  fakeProgram(bin, 'python3', 'echo "No module named pip" >&2; exit 1');
  jest.spyOn(globalThis, 'fetch').mockRejectedValue(new Error('no network'));
  const env = { PATH: bin, XDG_CACHE_HOME: path.join(folder, 'cache') };
  const fetched = fetchLibtorch('cpu', { env, stderr: null });
  await expect(fetched).rejects.toThrow(failure('ERR_FETCH', 'pip: No module named pip'));
  await expect(fetched).rejects.toThrow(failure('ERR_FETCH', `${officialUrl('cpu')}: no network`));
  jest.restoreAllMocks();
});

test('a cache folder that cannot be written to is named', async () => {
  write(path.join(folder, 'cache'), 'a file');
  const fetched = fetchLibtorch('cpu', surroundings(zip()));
  await expect(fetched).rejects.toThrow(
    failure('ERR_FETCH', `the cache folder ${cache} cannot be written to`),
  );
});

test.each([false, true])(
  'an archive is unpacked into the cache without what linking does not need (wheel: %s)',
  async (wheel) => {
    const found = await fetchLibtorch('cpu', surroundings(zip({ wheel })));
    const root = path.join(cache, `libtorch-${version}-cpu`, 'torch');
    expect(found).toEqual({ root, version, cuda: null, source: 'cache' });
    expect(fs.readdirSync(root).sort()).toEqual(
      ['include', 'lib', 'share', wheel ? 'version.py' : 'build-version'].sort(),
    );
    expect(fs.readdirSync(path.join(root, 'lib'))).not.toContain('libtorch_python.so');
    expect(leftovers()).toEqual([]);
  },
);

test('pip is asked for the pinned CPU wheel', async () => {
  const bin = path.join(folder, 'bin');
  const asked = path.join(folder, 'asked');
  fakeProgram(
    bin,
    'python3',
    `echo "$@" > ${asked}; mkdir -p "$5"; cp ${zip({ wheel: true })} "$5/torch.whl"`,
  );
  const env = { PATH: `${bin}:${process.env.PATH}`, XDG_CACHE_HOME: path.join(folder, 'cache') };
  const stderr = new Sink();
  await fetchLibtorch('cpu', { env, stderr });
  expect(fs.readFileSync(asked, 'utf8')).toMatch(
    new RegExp(`^-m pip download -d \\S+ --no-deps .*torch==${version}`),
  );
  expect(stderr.text).toContain('note: no sha256 of torch.whl is known here');
});

const PINNED_CPU = 'torch-2.13.0+cpu-cp311-cp311-manylinux_2_28_x86_64.whl';

test('a wheel under the name of a pinned one must be that one, and no other archive is taken in its place', async () => {
  const bin = path.join(folder, 'bin');
  fakeProgram(bin, 'python3', `mkdir -p "$5"; cp ${zip({ wheel: true })} "$5/${PINNED_CPU}"`);
  const asked = jest.spyOn(globalThis, 'fetch').mockRejectedValue(new Error('no network'));
  const env = { PATH: `${bin}:${process.env.PATH}`, XDG_CACHE_HOME: path.join(folder, 'cache') };
  await expect(fetchLibtorch('cpu', { env, stderr: null })).rejects.toThrow(
    failure('ERR_WRONG_HASH', `${PINNED_CPU}: expected sha256 6746dbcb`),
  );
  expect(asked).not.toHaveBeenCalled();
  jest.restoreAllMocks();
  expect(leftovers()).toEqual([]);
});

describe('the hash at the end of LIBTORCH_GAN_URL', () => {
  const withFragment = (archive: string, fragment: string) => {
    const { env, stderr } = surroundings(archive);
    return { env: { ...env, LIBTORCH_GAN_URL: `${env.LIBTORCH_GAN_URL}#${fragment}` }, stderr };
  };

  test.each([
    'sha256=',
    'sha256=123',
    `sha256=${'g'.repeat(64)}`,
    `sha512=${'0'.repeat(64)}`,
    '0'.repeat(64),
  ])('is refused before anything is fetched where it is none: %s', async (fragment) => {
    const context = withFragment(zip(), fragment);
    await expect(fetchLibtorch('cpu', context)).rejects.toThrow(
      failure('ERR_FETCH', `64 hexadecimal digits at its end but has #${fragment}`),
    );
    expect(context.stderr.text).toBe('');
  });

  test('is compared, in upper or lower case', async () => {
    const archive = zip();
    const hash = createHash('sha256').update(fs.readFileSync(archive)).digest('hex');
    await expect(
      fetchLibtorch(
        'cpu',
        withFragment(archive, `sha256=${hash.replace(/./, (digit) => (digit === '0' ? '1' : '0'))}`),
      ),
    ).rejects.toThrow(failure('ERR_WRONG_HASH', `but it has ${hash}`));
    const { stderr, env } = withFragment(archive, `sha256=${hash.toUpperCase()}`);
    expect(await fetchLibtorch('cpu', { env, stderr })).toMatchObject({ version });
    expect(stderr.text).not.toContain('warning');
  });

  test('is missed with a warning where it is not there', async () => {
    const { stderr, env } = surroundings(zip());
    await fetchLibtorch('cpu', { env, stderr });
    expect(stderr.text).toContain('warning: no sha256 of libtorch.zip is known: it is taken as it came');
  });
});

/**
 * A python3 whose pip brings a CUDA build and `library`, and installs what it brought. `asked` gets the arguments of its calls.
 */
function fakeCudaPip({ library }: { library: string }) {
  const bin = path.join(folder, 'bin');
  const asked = path.join(folder, 'asked');
  const torch = fakeLibtorch(path.join(folder, 'torch'), { version: BUILDS.cuda.version, cuda: true });
  const metadata =
    'Requires-Dist: sympy>=1.13\nRequires-Dist: nvidia-nccl-cu13==2.30.7; platform_system == "Linux"\n';
  write(path.join(folder, 'METADATA'), metadata);
  const site = `mkdir -p "$5/torch-2.14.1.dist-info"; cp -r ${torch} "$5"; cp ${folder}/METADATA "$5/torch-2.14.1.dist-info"`;
  const calls = [
    `*" download "*" torch=="*) mkdir -p "$5"; echo > "$5/torch-1.whl"`,
    `*" download "*) mkdir -p "$5"; echo > "$5/${library}"; echo > "$5/nvidia-2.whl"`,
    `*/torch-1.whl*) ${site}`,
    `*) mkdir -p "$5/nvidia/nccl/lib" "$5/leftover"`,
  ];
  fakeProgram(bin, 'python3', `echo "$@" >> ${asked}; case "$*" in ${calls.join(';; ')};; esac`);
  const env = { PATH: `${bin}:${process.env.PATH}`, XDG_CACHE_HOME: path.join(folder, 'cache') };
  return {
    context: { env, stderr: new Sink() },
    asked: () => fs.readFileSync(asked, 'utf8').trim().split('\n'),
  };
}

test('the CUDA build comes with the NVIDIA libraries it depends on, and without the rest of what it depends on', async () => {
  const { context, asked } = fakeCudaPip({ library: 'nvidia-1.whl' });
  const found = await fetchLibtorch('cuda', context);
  expect(found).toMatchObject({ version: BUILDS.cuda.version, cuda: 'unknown' });
  expect(fs.readdirSync(path.dirname(found.root)).sort()).toEqual(['nvidia', 'torch']);
  const [torch, install, libraries, last] = asked();
  expect(torch).toContain(`--no-deps torch==${BUILDS.cuda.version}`);
  expect(install).toMatch(/^-m pip install .*--no-index --no-deps .*\/torch-1\.whl/);
  expect(libraries).toContain('nvidia-nccl-cu13==2.30.7');
  expect(libraries).not.toContain('sympy');
  expect(last).toMatch(/^-m pip install .*--no-index --no-deps .*\/nvidia-1\.whl \S+\/nvidia-2\.whl/);
  expect(context.stderr.text).toContain('note: no sha256 of torch-1.whl is known here');
  expect(context.stderr.text).toContain('note: no sha256 of nvidia-1.whl and 1 more is known here');
});

test('the build for CUDA 12 has an index of its own, and brings the headers of that CUDA', async () => {
  const { context, asked } = fakeCudaPip({ library: 'nvidia-1.whl' });
  const found = await fetchLibtorch('cuda12', context);
  expect(path.basename(path.dirname(found.root))).toBe(`libtorch-${BUILDS.cuda12.version}-cuda12`);
  const [torch, , libraries] = asked();
  expect(torch).toMatch(/--extra-index-url \S+\/cu126 torch==2\.14\.1\+cu126/);
  expect(libraries).toContain('nvidia-cuda-nvcc-cu12==12.6.*');
  expect(officialUrl('cuda12')).toMatch(/\/cu126\/libtorch-shared-with-deps-2\.14\.1%2Bcu126\.zip$/);
});

test('a library under the name of a pinned one must be that one, and is not installed', async () => {
  const library = 'nvidia_nccl_cu13-2.30.7-py3-none-manylinux_2_18_x86_64.whl';
  const { context, asked } = fakeCudaPip({ library });
  await expect(fetchLibtorch('cuda', context)).rejects.toThrow(
    failure('ERR_WRONG_HASH', `${library}: expected sha256 cefa7fdb`),
  );
  expect(asked()).toHaveLength(3);
});

test('what is in the cache is not fetched again', async () => {
  const first = await fetchLibtorch('cpu', surroundings(zip()));
  expect(await fetchLibtorch('cpu', surroundings('/nowhere.zip'))).toEqual(first);
});

test('of two at the same time one fetches and the other waits for it', async () => {
  const both = surroundings(zip());
  const [a, b] = await Promise.all([fetchLibtorch('cpu', both), fetchLibtorch('cpu', both)]);
  expect(a).toEqual(b);
  expect(both.stderr.text.match(/downloading/g)).toHaveLength(1);
  expect(both.stderr.text).toContain('another process is fetching LibTorch');
});

test('what a killed fetch left behind is cleared away', async () => {
  write(path.join(cache, `.fetching-libtorch-${version}-cpu`, 'unpacked', 'half'));
  await fetchLibtorch('cpu', surroundings(zip()));
  expect(leftovers()).toEqual([]);
});
