import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { hasCode } from '../errors';

/** When a process of this host started, as a number that no later process of the same id has; undefined where that is not known. */
export function startOf(pid: number): number | undefined {
  return process.platform === 'linux' ? statOf(pid)?.start : listedStart(pid);
}

/**
 * Whether a process of this host still runs. One that has ended but whose parent has not asked for its exit code does not.
 *
 * @param start what {@link startOf} told of it: a later process that got its id is not it; without, any process of that id is
 */
export function isAlive(pid: number, start?: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!hasCode(error, 'EPERM')) return false;
  }
  if (process.platform === 'linux' && statOf(pid)?.ended) return false;
  if (start === undefined) return true;
  const now = startOf(pid);
  return now === undefined || now === start;
}

/** The state and the start, in clock ticks since boot, of `/proc/PID/stat`; undefined where it cannot be read. */
function statOf(pid: number): { readonly ended: boolean; readonly start: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name before may hold spaces and brackets; the state is field 3, the start field 22.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { ended: fields[0] === 'Z' || fields[0] === 'X', start: Number(fields[19]) };
  } catch {
    return undefined;
  }
}

function listedStart(pid: number): number | undefined {
  try {
    const options = { env: { ...process.env, LC_ALL: 'C' }, encoding: 'utf8', stdio: 'pipe' } as const;
    const time = Date.parse(execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], options));
    return Number.isNaN(time) ? undefined : time;
  } catch {
    return undefined;
  }
}
