import { randomUUID } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { GanError } from '../errors';
import { writeError } from '../io/file-error';
import { isAlive, startOf } from '../io/living-process';

/** Who says in a run's folder that it writes there: all of it is in the file's name, so that no crash can empty it. */
interface Claim {
  readonly name: string;
  readonly pid: number;
  /** Undefined where the system does not tell it. */
  readonly start: number | undefined;
  readonly host: string;
}

/** `.lock.PID.START.ID.HOST` */
const NAME = /^\.lock\.(\d+)\.(\d*)\.[0-9a-f]{8}\.(.+)$/;

/** Tries of two that begin at once: both withdraw, and the one that comes back first finds itself alone. */
const TRIES = 6;

const held = new Set<string>();
let listens = false;

/** A run's folder that this process alone writes, until it releases it or ends. */
export class RunLock {
  readonly #file: string;

  private constructor(file: string) {
    this.#file = file;
  }

  /**
   * Locks a folder that is there. The file of a process of this host that has ended is removed.
   *
   * Each process puts a file of its own name there and then looks for those of others: of two, the later one sees the other, whoever
   * else is removing what dead ones left. No two remove or replace the same living file.
   *
   * @throws GanError `ERR_RUN_LOCKED` where a living process, or one of another host, has it; `ERR_CANNOT_WRITE`
   */
  static async take(folder: string): Promise<RunLock> {
    for (let tries = 1; ; tries++) {
      const file = join(folder, ownName());
      held.add(file);
      listenForExit();
      const lock = new RunLock(file);
      try {
        await writeFile(file, '', { flag: 'wx' });
        const other = (await claimsIn(folder)).find(({ name }) => join(folder, name) !== file);
        if (!other) return lock;
        if (tries === TRIES) throw locked(folder, other);
      } catch (error) {
        lock.release();
        throw writeError(folder, error);
      }
      lock.release();
      await sleep(10 + Math.random() * 60);
    }
  }

  /** Lets others write; a second call does nothing. A file that cannot be removed is that of a dead process when this one has ended. */
  release(): void {
    if (removed(this.#file)) held.delete(this.#file);
  }
}

/** @throws GanError `ERR_RUN_LOCKED` where another process writes a folder now: what begins long work asks first */
export function requireUnlocked(folder: string): void {
  const [owner] = living(folder, namesIn(folder)).others;
  if (owner) throw locked(folder, owner);
}

/** Whether a process writes a folder now: a training that goes on. */
export function isBeingWritten(folder: string): boolean {
  return living(folder, namesIn(folder)).others.length > 0;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Those of processes that may still write; what dead ones of this host left is removed. */
async function claimsIn(folder: string): Promise<readonly Claim[]> {
  const { others, dead } = living(folder, await readdir(folder));
  for (const { name } of dead) await rm(join(folder, name), { force: true });
  return others;
}

function living(folder: string, names: readonly string[]) {
  const claims = names.flatMap((name) => parseName(name) ?? []);
  const lives = ({ name, pid, start, host }: Claim) =>
    held.has(join(folder, name)) || host !== hostName() || isAlive(pid, start);
  return { others: claims.filter(lives), dead: claims.filter((claim) => !lives(claim)) };
}

function parseName(name: string): Claim | undefined {
  const parts = NAME.exec(name);
  if (!parts) return undefined;
  const [, pid, start, host] = parts;
  return { name, pid: Number(pid), start: start === '' ? undefined : Number(start), host };
}

function ownName(): string {
  return `.lock.${process.pid}.${startOf(process.pid) ?? ''}.${randomUUID().slice(0, 8)}.${hostName()}`;
}

function hostName(): string {
  return encodeURIComponent(hostname()).slice(0, 100) || 'localhost';
}

function locked(folder: string, { name, pid, host }: Claim): GanError {
  const here = host === hostName();
  const advice = here
    ? 'wait for it or end it'
    : `wait for it, or remove ${join(folder, name)} if it runs no more`;
  return new GanError(
    'ERR_RUN_LOCKED',
    `${folder} expected to be written by one process but ${pid === process.pid && here ? 'another training of this process' : `process ${pid} on ${host}`} trains there: ${advice}, or choose another folder`,
  );
}

/** Also `process.exit` and errors that nobody caught leave no lock. */
function listenForExit(): void {
  if (listens) return;
  listens = true;
  process.once('exit', () => {
    for (const file of held) removed(file);
  });
}

/** False where the disk refuses: no reason to end otherwise than a process does already. */
function removed(file: string): boolean {
  try {
    rmSync(file, { force: true });
    return true;
  } catch {
    return false;
  }
}
