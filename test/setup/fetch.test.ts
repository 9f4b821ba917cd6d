import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { FETCHED_VERSIONS, fetchLibtorch, officialUrl } from '../../src/setup/fetch';
import { Sink } from '../cli/fakes';
import { fakeLibtorch, fakeProgram, temporaryFolder, write } from '../native/fake-libtorch';
import { failure } from '../support/failure';

let folder: string;
let cache: string;
const version = FETCHED_VERSIONS.cpu;

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
    `echo "$@" > ${asked}; mkdir -p "$6"; cp ${zip({ wheel: true })} "$6/torch.whl"`,
  );
  const env = { PATH: `${bin}:${process.env.PATH}`, XDG_CACHE_HOME: path.join(folder, 'cache') };
  await fetchLibtorch('cpu', { env, stderr: null });
  expect(fs.readFileSync(asked, 'utf8')).toMatch(
    new RegExp(`^-m pip download --no-deps .*torch==${version}`),
  );
});

test('the CUDA build comes with the NVIDIA libraries it depends on, and without the rest of what it depends on', async () => {
  const bin = path.join(folder, 'bin');
  const asked = path.join(folder, 'asked');
  const torch = fakeLibtorch(path.join(folder, 'torch'), { version: FETCHED_VERSIONS.cuda, cuda: true });
  const metadata =
    'Requires-Dist: sympy>=1.13\nRequires-Dist: nvidia-nccl-cu13==2.30.7; platform_system == "Linux"\n';
  write(path.join(folder, 'METADATA'), metadata);
  const site = `mkdir -p "$6/torch-2.14.1.dist-info"; cp -r ${torch} "$6"; cp ${folder}/METADATA "$6/torch-2.14.1.dist-info"`;
  const libraries = 'mkdir -p "$6/nvidia/nccl/lib" "$6/leftover"';
  fakeProgram(
    bin,
    'python3',
    `echo "$@" >> ${asked}; case "$*" in *--no-deps*) ${site};; *) ${libraries};; esac`,
  );
  const env = { PATH: `${bin}:${process.env.PATH}`, XDG_CACHE_HOME: path.join(folder, 'cache') };
  const found = await fetchLibtorch('cuda', { env, stderr: null });
  expect(found).toMatchObject({ version: FETCHED_VERSIONS.cuda, cuda: 'unknown' });
  expect(fs.readdirSync(path.dirname(found.root)).sort()).toEqual(['nvidia', 'torch']);
  const [first, second] = fs.readFileSync(asked, 'utf8').split('\n');
  expect(first).toContain(`--no-deps torch==${FETCHED_VERSIONS.cuda}`);
  expect(second).toContain('nvidia-nccl-cu13==2.30.7');
  expect(second).not.toContain('sympy');
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
