import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasCode } from '../errors';

/** How long an owner may be silent, in ms, before it counts as dead: its process id may be another program's by then. */
const SILENCE_MS = 60_000;
const HEARTBEAT_MS = 5_000;

/**
 * Runs `work` while no other process runs under the same lock file; waits for one that does, calling `onWait` once. The file holds the
 * owner's process id and a token, and the owner touches it while it works: a lock is taken over whose owner died, names no process, or has
 * been silent for a minute.
 */
export async function withLock<T>(
  file: string,
  work: () => Promise<T>,
  onWait: () => void = () => {},
): Promise<T> {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const owner = `${process.pid} ${randomUUID()}`;
  let waited = false;
  while (!acquire(file, owner)) {
    if (!waited) onWait();
    waited = true;
    await sleep(500);
  }
  const heartbeat = setInterval(() => touch(file, owner), HEARTBEAT_MS);
  heartbeat.unref();
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    if (read(file) === owner) fs.rmSync(file, { force: true });
  }
}

function acquire(file: string, owner: string): boolean {
  if (place(file, owner)) return true;
  if (isHeld(file)) return false;
  // One at a time removes a dead lock, and looks again first: else two would, and the second the living lock of the first.
  const guard = `${file}.takeover`;
  if (!place(guard, owner)) {
    if (!isHeld(guard)) fs.rmSync(guard, { force: true });
    return false;
  }
  try {
    if (!isHeld(file)) fs.rmSync(file, { force: true });
    return place(file, owner);
  } finally {
    fs.rmSync(guard, { force: true });
  }
}

/** Makes the file, whole, unless it is there: it is written under a name of its own and then linked, and is never seen empty. */
function place(file: string, owner: string): boolean {
  const own = `${file}.${owner.replace(' ', '-')}`;
  fs.writeFileSync(own, owner);
  try {
    fs.linkSync(own, file);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    // A file system without such links, as of memory cards and shared folders.
    return placeSlowly(file, owner);
  } finally {
    fs.rmSync(own, { force: true });
  }
}

/** The same where it may be seen empty for a moment. @throws what a place gives where no file can be made */
function placeSlowly(file: string, owner: string): boolean {
  try {
    fs.writeFileSync(file, owner, { flag: 'wx' });
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

function isHeld(file: string): boolean {
  const text = read(file);
  const pid = Number(/^\d+/.exec(text ?? '')?.[0] ?? 0);
  const age = Date.now() - (fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  // Its owner is about to write its number: see placeSlowly.
  if (text === '') return age < HEARTBEAT_MS;
  return pid > 0 && age < SILENCE_MS && isAlive(pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
}

function touch(file: string, owner: string): void {
  const now = new Date();
  try {
    if (read(file) === owner) fs.utimesSync(file, now, now);
  } catch {
    // It was taken away; the work goes on, and what it makes is renamed into its place at the end.
  }
}

function read(file: string): string | null {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
