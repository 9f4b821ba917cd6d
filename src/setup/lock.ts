import * as fs from 'node:fs';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Runs `work` while no other process runs under the same lock file; waits for one that does, calling `onWait` once. The file
 * holds the owner's process id, so a lock whose owner died is taken over.
 */
export async function withLock<T>(
  file: string,
  work: () => Promise<T>,
  onWait: () => void = () => {},
): Promise<T> {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  let waited = false;
  while (!acquire(file)) {
    if (!waited) onWait();
    waited = true;
    await sleep(500);
  }
  try {
    return await work();
  } finally {
    fs.rmSync(file, { force: true });
  }
}

function acquire(file: string): boolean {
  // Written whole under a name of its own and then linked: a lock file is never seen empty.
  const own = `${file}.${process.pid}`;
  fs.writeFileSync(own, String(process.pid));
  try {
    fs.linkSync(own, file);
    return true;
  } catch {
    if (ownerLives(file)) return false;
    fs.rmSync(file, { force: true });
    return false;
  } finally {
    fs.rmSync(own, { force: true });
  }
}

function ownerLives(file: string): boolean {
  let owner: number;
  try {
    owner = Number(fs.readFileSync(file, 'utf8'));
  } catch {
    return false;
  }
  try {
    process.kill(owner, 0);
    return true;
  } catch (error) {
    return typeof error === 'object' && error !== null && 'code' in error && error.code === 'EPERM';
  }
}
