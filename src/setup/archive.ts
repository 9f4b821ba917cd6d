import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { GanError } from '../errors';
import { PINNED } from './pinned';
import { firstLine, run } from './run';

/**
 * Checks the hash of an archive: the one that is asked for, or else the one that is pinned for its name.
 *
 * @returns whether any was known
 * @throws GanError `ERR_WRONG_HASH` where it is another
 */
export async function checkHash(archive: string, asked: string | undefined): Promise<boolean> {
  const name = path.basename(archive);
  const expected = asked ?? (Object.hasOwn(PINNED, name) ? PINNED[name] : undefined);
  if (expected === undefined) return false;
  const hash = createHash('sha256');
  await pipeline(fs.createReadStream(archive), hash);
  const came = hash.digest('hex');
  if (came === expected) return true;
  throw new GanError(
    'ERR_WRONG_HASH',
    `${name}: expected sha256 ${expected}, but it has ${came}: it is damaged, or not what it says it is`,
  );
}

/**
 * Unpacks those members of a zip that are, or lie in, one of `wanted`: by CMake, and where there is none by Python. No member is written outside of
 * `folder`: there may be no absolute path, none with `..`, no link to either.
 *
 * @throws GanError `ERR_FETCH` with the first member that could, what is wrong with the archive, or what is missing here
 */
export async function unpackArchive(
  archive: string,
  { folder, wanted, env }: { folder: string; wanted: readonly string[]; env: NodeJS.ProcessEnv },
): Promise<void> {
  if (firstLine('cmake', ['--version'], env) === null)
    return unpackByPython(archive, { folder, wanted, env });
  await checkMembers(archive, env);
  const { code, output } = await run('cmake', ['-E', 'tar', 'xf', archive, ...wanted], { cwd: folder, env });
  // It ends with 0 for some broken archives too: only silence is success.
  if (code !== 0 || output.trim() !== '') throw damaged(archive, output.trim().split('\n')[0]);
}

/** @throws GanError `ERR_FETCH` with the first member that could be written outside of its folder */
export async function checkMembers(archive: string, env: NodeJS.ProcessEnv = process.env): Promise<void> {
  const { code, output } = await run('cmake', ['-E', 'tar', 'tvf', archive], { env });
  const lines = output.split('\n').filter((line) => line !== '');
  if (code !== 0)
    throw new GanError('ERR_FETCH', `${path.basename(archive)} cannot be listed: ${lines[0] ?? 'no output'}`);
  // `-rw-r--r--  0 0  0  12 28 Nov 07:31 name`, and ` -> target` after a link's.
  for (const line of lines) {
    const [, kind, member] =
      /^([-dl])\S{9}\s+\d+\s+\S+\s+\S+\s+\d+\s+\S+\s+\S+\s+\S+\s(.*)$/.exec(line) ?? [];
    const names = kind === 'l' ? member.split(' -> ') : [member];
    if (kind === undefined || names.some(leadsOut)) throw outside(archive, line.trim());
  }
}

// Python would make files of links, and other names of those that lead out: both are refused instead.
const UNPACK = `
import stat, sys, zipfile
archive, folder, *wanted = sys.argv[1:]
with zipfile.ZipFile(archive) as z:
    for m in z.infolist():
        if m.filename.startswith("/") or ".." in m.filename.replace(chr(92), "/").split("/") or stat.S_ISLNK(m.external_attr >> 16):
            print("outside", m.filename)
            sys.exit()
    for m in z.infolist():
        if any(m.filename == w or m.filename.startswith(w + "/") for w in wanted):
            z.extract(m, folder)`;

async function unpackByPython(
  archive: string,
  { folder, wanted, env }: { folder: string; wanted: readonly string[]; env: NodeJS.ProcessEnv },
): Promise<void> {
  const { code, output } = await run('python3', ['-c', UNPACK, archive, folder, ...wanted], { env });
  if (code === 127)
    throw new GanError(
      'ERR_FETCH',
      `${path.basename(archive)} cannot be unpacked: expected CMake or python3 on PATH, found neither`,
    );
  const [, member] = /^outside (.*)$/m.exec(output) ?? [];
  if (member !== undefined) throw outside(archive, member);
  if (code !== 0) throw damaged(archive, output.trim().split('\n').at(-1));
}

function damaged(archive: string, reason = 'it says nothing'): GanError {
  return new GanError('ERR_FETCH', `${path.basename(archive)} cannot be unpacked: ${reason}`);
}

function outside(archive: string, member: string): GanError {
  return new GanError(
    'ERR_FETCH',
    `${path.basename(archive)} has a member that could be written outside of its folder: ${member}`,
  );
}

function leadsOut(name: string): boolean {
  return path.isAbsolute(name) || name.split(/[\\/]/).includes('..');
}
