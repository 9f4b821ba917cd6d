import * as fs from 'node:fs';
import * as path from 'node:path';
import { GanError, hasCode, messageOf } from '../errors';
import { inspectLibtorch, type Libtorch } from '../native/libtorch';
import { cacheFolder } from '../native/root';
import { checkHash, unpackArchive } from './archive';
import { BUILDS, gigabytes, type Kind, nameOf } from './builds';
import { download } from './download';
import { withLock } from './lock';
import { pipDownload, pipInstall } from './pip';
import { type ProcessContext, withProgress } from './progress';

/** Libraries of a wheel that serve Python or PyTorch's own tests. */
const UNUSED =
  /^lib(torch_python|shm|aoti_custom_ops|backend_with_compiler|jitbackend_test|torchbind_test)\b/;

/** What is kept of a wheel or zip: what compiling, linking and knowing the version need. */
const KEPT = ['include', 'lib', 'share', 'version.py', 'build-version'];

/**
 * Fetches LibTorch into the user's cache and returns it; one that is there already is not fetched again, and of several
 * processes one fetches while the others wait.
 *
 * A PyTorch wheel holds the same include/ and lib/ as the LibTorch zip, and pip knows the user's mirrors, proxies and hashes, so
 * it is asked first; then the official zip. `LIBTORCH_GAN_URL` names a zip or wheel (http, https or file) to take instead of both,
 * with `#sha256=HEX` after it to have it checked.
 *
 * @throws GanError `ERR_FETCH`: what was tried, why it failed, and what to do; `ERR_WRONG_HASH` for an archive that is not the pinned one.
 */
export async function fetchLibtorch(kind: Kind, context: ProcessContext): Promise<Libtorch> {
  const cache = cacheFolder(context.env);
  const name = `libtorch-${BUILDS[kind].version}-${kind}`;
  const target = path.join(cache, name);
  makeFolder(cache);
  const inCache = (): Libtorch | string => {
    const found = inspectLibtorch(path.join(target, 'torch'), context.env);
    return typeof found === 'string' ? found : { ...found, source: 'cache' };
  };
  return withLock(
    path.join(cache, `.${name}.lock`),
    async () => {
      const there = inCache();
      if (typeof there !== 'string') return there;
      checkRoom(cache, kind);
      // Under the lock nobody else works here: what lies about is from a fetch that was killed.
      const work = path.join(cache, `.fetching-${name}`);
      fs.rmSync(work, { recursive: true, force: true });
      fs.mkdirSync(work);
      try {
        const made = await obtain(kind, work, context);
        fs.rmSync(target, { recursive: true, force: true });
        fs.renameSync(made, target);
      } finally {
        fs.rmSync(work, { recursive: true, force: true });
      }
      const result = inCache();
      if (typeof result === 'string')
        throw new GanError('ERR_FETCH', `the LibTorch fetched to ${target}: ${result}`);
      return result;
    },
    () => context.stderr?.write('another process is fetching LibTorch: waiting for it\n'),
  );
}

/** The official LibTorch zip for this platform. */
export function officialUrl(kind: Kind): string {
  const { version, label } = BUILDS[kind];
  const site = 'https://download.pytorch.org/libtorch';
  if (process.platform === 'darwin') return `${site}/cpu/libtorch-macos-arm64-${version}.zip`;
  return `${site}/${label}/libtorch-shared-with-deps-${version}%2B${label}.zip`;
}

/** Tries the ways in turn; returns the folder that holds `torch/`. */
async function obtain(kind: Kind, work: string, context: ProcessContext): Promise<string> {
  const { version, cuda } = BUILDS[kind];
  if (cuda !== null && process.platform === 'darwin')
    throw new GanError('ERR_FETCH', 'macOS has no CUDA: run setup without --cuda');
  const own = context.env.LIBTORCH_GAN_URL;
  const url = own || officialUrl(kind);
  const asked = hashIn(url);
  const zip = async () => {
    const archive = await download(url, work, context);
    if (!(await checkHash(archive, asked)))
      context.stderr?.write(
        `warning: no sha256 of ${path.basename(archive)} is known: it is taken as it came\n`,
      );
    return unpack(archive, { kind, work, context });
  };
  const check = (wheels: readonly string[]) => checkWheels(wheels, context);
  const wheel = async () => {
    if (cuda !== null) return prune(await pipInstall(kind, { work, context, check }), kind);
    const archive = await pipDownload(version, work, context);
    await check([archive]);
    return unpack(archive, { kind, work, context });
  };
  const failures: string[] = [];
  for (const [name, attempt] of own
    ? [[url, zip] as const]
    : [['pip', wheel] as const, [url, zip] as const]) {
    try {
      return await attempt();
    } catch (error) {
      // An archive that is not what it says must not be answered with one that nobody can check.
      if (hasCode(error, 'ERR_WRONG_HASH')) throw error;
      failures.push(`${name}: ${messageOf(error)}`);
    }
  }
  throw new GanError(
    'ERR_FETCH',
    `LibTorch ${version} (${kind}) cannot be fetched: ${failures.join('; ')}; ` +
      'set LIBTORCH to a folder with include/ and lib/, or LIBTORCH_GAN_URL to a LibTorch zip',
  );
}

/** The sha256 at a URL's end, in lower case; undefined where there is none. @throws GanError `ERR_FETCH` for anything else after `#` */
function hashIn(url: string): string | undefined {
  const [, fragment] = /#(.*)$/.exec(url) ?? [];
  if (fragment === undefined) return undefined;
  const [, hash] = /^sha256=([0-9a-f]{64})$/i.exec(fragment) ?? [];
  if (hash) return hash.toLowerCase();
  throw new GanError(
    'ERR_FETCH',
    `LIBTORCH_GAN_URL expected #sha256= and 64 hexadecimal digits at its end but has #${fragment}: correct it, or leave it out`,
  );
}

/** Compares wheels, which pip compared with its index, with the pinned hashes; says which have none. */
async function checkWheels(wheels: readonly string[], { stderr }: ProcessContext): Promise<void> {
  const unknown: string[] = [];
  for (const wheel of wheels) if (!(await checkHash(wheel, undefined))) unknown.push(path.basename(wheel));
  const [first, ...others] = unknown;
  if (first === undefined) return;
  const all = others.length > 0 ? `${first} and ${others.length} more` : first;
  stderr?.write(`note: no sha256 of ${all} is known here: pip has compared with its index alone\n`);
}

function unpack(
  archive: string,
  { kind, work, context }: { kind: Kind; work: string; context: ProcessContext },
): Promise<string> {
  const folder = path.join(work, 'unpacked');
  // What an archive before it left, which could not be used.
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder);
  const wheel = archive.endsWith('.whl');
  const top = wheel ? 'torch' : 'libtorch';
  const wanted = KEPT.filter((name) => name !== (wheel ? 'build-version' : 'version.py'));
  return withProgress(`unpacking ${path.basename(archive)}`, context, {
    work: async () => {
      if (!isWholeZip(archive))
        throw new GanError('ERR_FETCH', `${path.basename(archive)} is no zip, or truncated`);
      const members = wanted.map((name) => `${top}/${name}`);
      await unpackArchive(archive, { folder, wanted: members, env: context.env });
      if (!wheel) fs.renameSync(path.join(folder, top), path.join(folder, 'torch'));
      fs.rmSync(archive);
      return prune(folder, kind);
    },
    outcome: () => 'done',
  });
}

/** Whether the file ends with a zip's directory: CMake does not miss it. */
function isWholeZip(archive: string): boolean {
  const { size } = fs.statSync(archive);
  // The directory's end is 22 bytes, and a comment of up to 64 kB.
  const tail = Buffer.alloc(Math.min(size, 22 + 65_535));
  const file = fs.openSync(archive, 'r');
  try {
    fs.readSync(file, tail, 0, tail.length, size - tail.length);
  } finally {
    fs.closeSync(file);
  }
  return tail.includes('PK\x05\x06');
}

/** Drops what is not needed from `folder`, and makes sure that the rest is what was asked for. */
function prune(folder: string, kind: Kind): string {
  const root = path.join(folder, 'torch');
  // The CUDA build loads NVIDIA's libraries from the nvidia/ folder beside it.
  keepOnly(folder, (name) => name === 'torch' || name === 'nvidia');
  keepOnly(root, (name) => KEPT.includes(name));
  keepOnly(path.join(root, 'lib'), (name) => !UNUSED.test(name));
  const found = inspectLibtorch(root, { LIBTORCH_GAN_ANY_VERSION: '1' });
  if (typeof found === 'string') throw new GanError('ERR_FETCH', `what came is no LibTorch: ${found}`);
  const came = found.cuda === null ? 'cpu' : 'cuda';
  const wanted = kind === 'cpu' ? 'cpu' : 'cuda';
  if (came !== wanted)
    throw new GanError('ERR_FETCH', `a ${wanted} build was asked for and a ${came} build came`);
  return folder;
}

function keepOnly(folder: string, isKept: (name: string) => boolean): void {
  if (!fs.existsSync(folder)) return;
  for (const name of fs.readdirSync(folder))
    if (!isKept(name)) fs.rmSync(path.join(folder, name), { recursive: true });
}

function makeFolder(cache: string): void {
  try {
    fs.mkdirSync(cache, { recursive: true });
    fs.accessSync(cache, fs.constants.W_OK);
  } catch {
    throw new GanError(
      'ERR_FETCH',
      `the cache folder ${cache} cannot be written to: set XDG_CACHE_HOME to one that can, or LIBTORCH to a LibTorch`,
    );
  }
}

function checkRoom(cache: string, kind: Kind): void {
  const { bavail, bsize } = fs.statfsSync(cache);
  const { room } = BUILDS[kind];
  if (bavail * bsize < room)
    throw new GanError(
      'ERR_FETCH',
      `fetching ${nameOf(kind)} needs ${gigabytes(room)} in ${cache}, and ${gigabytes(bavail * bsize)} are free: ` +
        'make room, or set XDG_CACHE_HOME',
    );
}
