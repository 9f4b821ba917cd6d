import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { GanError, messageOf } from '../errors';
import { keepFullHeap } from './full-heap';
import { packageRoot, setupCommand } from './root';

/** The addon of native/mpi. Its calls throw a plain Error, in words for the user. */
export interface NativeMpi {
  /** Starts MPI; once a process. In each call others are waited for that long. */
  join(patienceSeconds: number): [rank: number, size: number];
  /** Tells the others what this process does from now on, and for how long at least they shall wait for it meanwhile. */
  enter(activity: string, patienceSeconds: number): void;
  /** Waits until all have come to the same call. What follows it needs one. @returns whether all bring the same number, of 32 bits */
  meet(call: string, brings: number): boolean;
  broadcast(data: ArrayBuffer, root: number): void;
  /** Meets, and gives the text of each. */
  gather(text: string, call: string): string[];
  /** Reductions of memory, for the other addon alone; undefined in one that was compiled before there were any. */
  reductions?(): object;
  takeWaited(): number;
  /** Tells the others that this process ends with that exit code; waits for nobody. */
  leave(exitCode: number): void;
  /** Ends MPI; after a meeting. */
  close(): void;
}

/** What of MPI is on this machine. */
export interface MpiFiles {
  /** Where the addon is expected. */
  readonly path: string;
  readonly built: boolean;
  /** MPI's compiler, without which it is not built; `null` where there is none. */
  readonly compiler: string | null;
  /** What its build printed. */
  readonly log: string;
  /** Whether building it was tried: then `log` is there. */
  readonly tried: boolean;
}

/** What to type to get Open MPI. */
export function installMpiCommand(): string {
  return process.platform === 'darwin'
    ? 'brew install open-mpi'
    : 'sudo apt-get install openmpi-bin libopenmpi-dev';
}

/** The folder that the addon of native/mpi is built in. */
export function mpiFolder(root: string): string {
  return path.join(root, 'build', 'mpi');
}

/** Looks for the addon and for what builds it, and loads nothing. */
export function mpiFiles(root: string = packageRoot(), env: NodeJS.ProcessEnv = process.env): MpiFiles {
  const file = path.join(mpiFolder(root), 'Release', 'libtorch_gan_mpi.node');
  const log = path.join(mpiFolder(root), 'setup.log');
  return {
    path: file,
    built: fs.existsSync(file),
    compiler: onPath('mpicxx', env),
    log,
    tried: fs.existsSync(log),
  };
}

/**
 * Loads the addon. Its symbols, and so those of MPI, are for all that is loaded later: parts of MPI that it loads itself look for them.
 *
 * @throws GanError `ERR_NO_MPI` where it is not built or does not load: what is missing, and what to type
 */
export function loadMpi(files: MpiFiles = mpiFiles()): NativeMpi {
  if (!files.built) throw new GanError('ERR_NO_MPI', notBuilt(files));
  keepFullHeap();
  const module: { exports: unknown } = { exports: {} };
  try {
    process.dlopen(module, files.path, os.constants.dlopen.RTLD_NOW | os.constants.dlopen.RTLD_GLOBAL);
  } catch (error) {
    const reason = messageOf(error).replaceAll(/\s*\n\s*/g, ' ');
    throw new GanError(
      'ERR_NO_MPI',
      `the addon for MPI does not load: ${reason}; \`${installMpiCommand()}\` where Open MPI is gone, then \`${setupCommand()}\``,
      { cause: error },
    );
  }
  return module.exports as NativeMpi;
}

function notBuilt({ compiler, path: file, log, tried }: MpiFiles): string {
  const start = `expected the addon for MPI, which connects processes on the CPU, in ${file}, but it is not built`;
  if (compiler === null)
    return `${start}, since there is no Open MPI: \`${installMpiCommand()}\`, then \`${setupCommand()}\``;
  if (!tried) return `${start}: run \`${setupCommand()}\``;
  return `${start}, since compiling it with ${compiler} failed: see ${log}`;
}

/** The file of a program on PATH; `null` where it is not there. */
export function onPath(name: string, env: NodeJS.ProcessEnv = process.env): string | null {
  const folders = (env.PATH ?? '').split(path.delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => path.join(folder, name)).find(isProgram) ?? null;
}

/** What is no file, or must not be executed, the shell passes over as well. */
function isProgram(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}
