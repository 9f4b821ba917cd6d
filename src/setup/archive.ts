import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { GanError } from '../errors';
import { PINNED } from './pinned';
import { run } from './run';

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
 * Checks that no member of an archive can be written outside the folder that it is unpacked into: no absolute path, none with `..`, no link
 * to either.
 *
 * @throws GanError `ERR_FETCH` with the first that could
 */
export async function checkMembers(archive: string): Promise<void> {
  const { code, output } = await run('cmake', ['-E', 'tar', 'tvf', archive]);
  const lines = output.split('\n').filter((line) => line !== '');
  if (code !== 0)
    throw new GanError('ERR_FETCH', `${path.basename(archive)} cannot be listed: ${lines[0] ?? 'no output'}`);
  // `-rw-r--r--  0 0  0  12 28 Nov 07:31 name`, and ` -> target` after a link's.
  for (const line of lines) {
    const [, kind, member] =
      /^([-dl])\S{9}\s+\d+\s+\S+\s+\S+\s+\d+\s+\S+\s+\S+\s+\S+\s(.*)$/.exec(line) ?? [];
    const names = kind === 'l' ? member.split(' -> ') : [member];
    if (kind === undefined || names.some(leadsOut))
      throw new GanError(
        'ERR_FETCH',
        `${path.basename(archive)} has a member that could be written outside of its folder: ${line.trim()}`,
      );
  }
}

function leadsOut(name: string): boolean {
  return path.isAbsolute(name) || name.split(/[\\/]/).includes('..');
}
