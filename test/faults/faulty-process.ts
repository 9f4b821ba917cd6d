import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { RUNS_TYPESCRIPT } from '../support/typescript';

const root = join(__dirname, '..', '..');

/** What `preload.cc` does at a call: kills the process, before it or in the middle of a write, writes half, or fails. */
export type Fault = 'kill' | 'torn' | 'short' | 'ENOSPC' | 'EIO';

/** Where something goes wrong in a process. */
export interface FaultPlace {
  readonly how: Fault;
  /** The number of the call, from 1 on. */
  readonly at: number;
  /** Whether it goes on with the calls after it: a disk that is full or broken, not one that was for a moment (false). */
  readonly lasts?: boolean;
}

/** A call of the file system, by its path in the folder that is watched. */
export interface FileCall {
  readonly call: string;
  readonly path: string;
  /** What a rename renames to. */
  readonly to?: string;
}

/** How a process with a fault ended, and the calls that it made before and with it. */
export interface FaultyProcess extends Pick<SpawnSyncReturns<string>, 'status' | 'signal' | 'stderr'> {
  readonly calls: readonly FileCall[];
}

const ERRNO: Readonly<Record<Fault, string>> = {
  kill: 'kill',
  torn: 'torn',
  short: 'short',
  ENOSPC: '28',
  EIO: '5',
};

/** Runs a script of TypeScript in a process whose calls below `folder`, which is without links in its path, are numbered. */
export function runWithFault(
  [script, ...args]: readonly string[],
  { folder, fault, home }: { readonly folder: string; readonly fault?: FaultPlace; readonly home: string },
): FaultyProcess {
  const journal = join(home, 'journal');
  rmSync(journal, { force: true });
  const { status, signal, stderr } = spawnSync(process.execPath, [...RUNS_TYPESCRIPT, script, ...args], {
    cwd: root,
    encoding: 'utf8',
    env: {
      ...process.env,
      LD_PRELOAD: process.env.LIBTORCH_GAN_FAULT_PRELOAD,
      FAULT_FOLDER: folder,
      FAULT_JOURNAL: journal,
      ...(fault && { FAULT_AT: String(fault.at), FAULT_HOW: ERRNO[fault.how] }),
      ...(fault?.lasts && { FAULT_LASTS: '1' }),
      // The order of calls is the same each time.
      UV_THREADPOOL_SIZE: '1',
      OMP_NUM_THREADS: '1',
      XDG_CACHE_HOME: join(home, 'cache'),
    },
  });
  return { status, signal, stderr, calls: existsSync(journal) ? readCalls(journal, folder) : [] };
}

function readCalls(journal: string, folder: string): FileCall[] {
  const lines = readFileSync(journal, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => {
    const [call, path, to] = line.split('\t');
    return { call, path: relative(folder, path), ...(to && { to: relative(folder, to) }) };
  });
}

/** Whether a call changes what is on the disk: between others a kill finds the same. */
export function changesDisk({ call }: FileCall): boolean {
  return !/^(open-read|close|close-read)$/.test(call);
}

/** Test only where `preload.cc` could be compiled. */
export const testWithFaults = process.env.LIBTORCH_GAN_FAULT_PRELOAD === undefined ? test.skip : test;
