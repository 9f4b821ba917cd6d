import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readlinkSync, rmSync, statSync } from 'node:fs';
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
  /** Which ids the process's is one of: two containers of one host name have their own. '' where the system does not tell it. */
  readonly namespace: string;
  readonly host: string;
}

/** `.lock.PID.START-NAMESPACE.ID.HOST`; versions before had no namespace. */
const NAME = /^\.lock\.(\d+)\.(\d*)(?:-(\d+))?\.[0-9a-f]{8}\.(.+)$/;

/** Tries of two that begin at once: both withdraw, and the one that comes back first finds itself alone. */
const TRIES = 6;

const held = new Set<string>();
let listens = false;

/** A run's folder that this process alone writes, until it releases it or ends. */
export class RunLock {
  readonly #folder: string;
  readonly #file: string;
  /** Of the folder itself, wherever it is moved to; undefined until it is locked. */
  #identity: string | undefined;

  private constructor(folder: string) {
    this.#folder = folder;
    this.#file = join(folder, ownName());
    held.add(this.#file);
  }

  /**
   * Locks a folder that is there. The file of a process of this host, or container, that has ended is removed.
   *
   * Each process puts a file of its own name there and then looks for those of others: of two, the later one sees the other, whoever
   * else is removing what dead ones left. No two remove or replace the same living file.
   *
   * @throws GanError `ERR_RUN_LOCKED` where a living process, or one of another host, has it; `ERR_CANNOT_WRITE`
   */
  static async take(folder: string): Promise<RunLock> {
    for (let tries = 1; ; tries++) {
      listenForExit();
      const lock = new RunLock(folder);
      try {
        const other = await lock.#claim();
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

  /**
   * Before something is written: sees to it that the path is still the folder that was locked, and the folder this process's. One that was moved
   * may have another run in its place, whose files are none of this process's. A lock that somebody removed is put back.
   *
   * @throws GanError `ERR_CANNOT_WRITE` for a folder that was moved or deleted; `ERR_RUN_LOCKED` where another process has it
   */
  async require(): Promise<void> {
    if (identityOf(this.#folder) !== this.#identity)
      throw new GanError(
        'ERR_CANNOT_WRITE',
        `cannot write ${this.#folder}: expected the folder that the training began in but it was moved or deleted meanwhile; go on from where it is now by --resume, or begin anew`,
      );
    if (existsSync(this.#file)) return;
    try {
      const other = await this.#claim();
      if (!other) return;
      this.release();
      throw locked(this.#folder, other);
    } catch (error) {
      throw writeError(this.#folder, error);
    }
  }

  /** Puts the file there; returns another process's that is there too. */
  async #claim(): Promise<Claim | undefined> {
    await writeFile(this.#file, '', { flag: 'wx' });
    this.#identity = identityOf(this.#folder);
    return (await claimsIn(this.#folder)).find(({ name }) => join(this.#folder, name) !== this.#file);
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

/** Undefined where there is nothing. */
function identityOf(folder: string): string | undefined {
  const found = statSync(folder, { bigint: true, throwIfNoEntry: false });
  return found && `${found.dev}:${found.ino}`;
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
  const lives = (claim: Claim) =>
    held.has(join(folder, claim.name)) || !isHere(claim) || isAlive(claim.pid, claim.start);
  return { others: claims.filter(lives), dead: claims.filter((claim) => !lives(claim)) };
}

function parseName(name: string): Claim | undefined {
  const parts = NAME.exec(name);
  if (!parts) return undefined;
  const [, pid, start, namespace = '', host] = parts;
  return { name, pid: Number(pid), start: start === '' ? undefined : Number(start), namespace, host };
}

function ownName(): string {
  const namespace = ownNamespace();
  const start = `${startOf(process.pid) ?? ''}${namespace && `-${namespace}`}`;
  return `.lock.${process.pid}.${start}.${randomUUID().slice(0, 8)}.${hostName()}`;
}

/** Linux calls it `pid:[4026531836]`. */
function ownNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '';
  } catch {
    return '';
  }
}

/** Whether a process's id means here what it means to who wrote it: whether it lives can then be seen. */
function isHere({ host, namespace }: Claim): boolean {
  const own = ownNamespace();
  return host === hostName() && (namespace === '' || own === '' || namespace === own);
}

function hostName(): string {
  return encodeURIComponent(hostname()).slice(0, 100) || 'localhost';
}

function locked(folder: string, claim: Claim): GanError {
  const { name, pid, host } = claim;
  const here = isHere(claim);
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
