import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { availableParallelism, constants } from 'node:os';
import { shareOf } from '../data/share';
import { GanError, UsageError } from '../errors';
import { native } from '../native/addon';
import { installMpiCommand, loadMpi, onPath } from '../native/mpi';
import { isCpu, resolveDevice } from '../tensor/device';
import type { EndSignal, Host } from './host';
import { HANGUP_MS } from './interrupt';
import { loadingCode } from './loading-code';
import { STOP_SIGNAL } from './member';

/** Processes to start on this machine. */
export interface ProcessesPlan {
  readonly processes: number;
  /** As it was asked for. */
  readonly device: string;
  /** Examples of a step, those of all processes together. */
  readonly batch: number;
  /** The arguments of the command. */
  readonly argv: readonly string[];
}

/** The first of the processes sees its stdin end where this one was killed. */
const STDIO: StdioOptions = ['pipe', 'inherit', 'inherit'];

/** Under npm and npx a signal may come twice. */
const ECHO_MS = 500;

const SIGNALS: readonly EndSignal[] = ['SIGHUP', 'SIGINT', 'SIGTERM'];

/** Exit codes that members have of their own. */
const CODES: ReadonlySet<number> = new Set([0, 1, 2, 129, 130, 143]);

/**
 * Trains in several processes of this machine: for the processor by `mpirun`, else one for each GPU, with the variables that torchrun sets.
 * A signal is passed on to them.
 *
 * @returns the exit code: that of the training, 1 where a process was lost
 * @throws UsageError for a batch that does not divide, and below another mpirun, GanError `ERR_NO_MPI` without MPI, `ERR_NO_NCCL` without NCCL
 */
export async function trainInProcesses(
  plan: ProcessesPlan,
  { host }: { readonly host: Host },
): Promise<number> {
  shareOf(plan.batch, { of: plan.processes });
  const children = isCpu(resolveDevice(plan.device)) ? [underMpi(plan, host.env)] : await besideGpus(plan);
  const passing = passSignals(children, { host });
  try {
    const codes = await Promise.all(children.map(ended));
    const failed = codes.find((code) => code !== 0) ?? 0;
    if (passing.exitCode !== undefined && failed !== 1) return passing.exitCode;
    if (CODES.has(failed)) return failed;
    throw new GanError('ERR_PARALLEL', lost(children[0].spawnfile, failed));
  } finally {
    passing.stop();
  }
}

/** What to say of an end that is none of a training: the others may have been killed before they could tell. */
function lost(program: string, code: number): string {
  const signal = Object.entries(constants.signals).find(([, number]) => 128 + number === code);
  return signal
    ? `a process of the training was ended by ${signal[0]}`
    : `${program} ended with exit code ${code}, which no training ends with: see what it says above, and whether it is that of the Open MPI which the addon was built with`;
}

/** The first signal asks the processes to end in order, one after it ends them at once. */
function passSignals(children: readonly ChildProcess[], { host }: { readonly host: Host }) {
  const send = (signal: NodeJS.Signals) => {
    for (const child of children) child.kill(signal);
  };
  let exitCode: number | undefined;
  let first = 0;
  const receive =
    (code: number, echoMs = ECHO_MS) =>
    () => {
      if (exitCode === undefined) {
        [exitCode, first] = [code, performance.now()];
        send(STOP_SIGNAL);
      } else if (performance.now() - first > echoMs) send('SIGTERM');
    };
  const listeners = { SIGHUP: receive(129, HANGUP_MS), SIGINT: receive(130), SIGTERM: receive(143) };
  for (const signal of SIGNALS) host.on(signal, listeners[signal]);
  const leave = () => send('SIGTERM');
  process.once('exit', leave);
  return {
    get exitCode() {
      return exitCode;
    },
    stop() {
      for (const signal of SIGNALS) host.off(signal, listeners[signal]);
      process.off('exit', leave);
    },
  };
}

/** The rank of each comes from mpirun, which passes the signal on to all. */
function underMpi({ processes, argv }: ProcessesPlan, env: Host['env']): ChildProcess {
  if (env.OMPI_COMM_WORLD_SIZE !== undefined)
    throw new UsageError(
      `--processes ${processes} starts an mpirun of its own, which cannot run below the one that started this process: leave that out, or have it start ${processes}: mpirun -n ${processes}`,
    );
  // In one line what is missing, before N processes say so.
  loadMpi();
  const mpirun = onPath('mpirun');
  if (mpirun === null)
    throw new GanError(
      'ERR_NO_MPI',
      `--processes ${processes} on the CPU expected mpirun but it is not on PATH: \`${installMpiCommand()}\``,
    );
  const threads = Math.max(1, Math.floor(availableParallelism() / processes));
  const root = process.getuid?.() === 0;
  return spawn(
    mpirun,
    ['-q', '-n', `${processes}`, '--oversubscribe', '--bind-to', 'none', ...memberCommand(argv)],
    {
      // Of a group of its own: the terminal would send Ctrl-C to mpirun, which ends all after a second.
      detached: true,
      stdio: STDIO,
      env: {
        ...process.env,
        OMP_NUM_THREADS: process.env.OMP_NUM_THREADS ?? `${threads}`,
        ...(root && { OMPI_ALLOW_RUN_AS_ROOT: '1', OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1' }),
      },
    },
  );
}

async function besideGpus({ processes, argv }: ProcessesPlan): Promise<ChildProcess[]> {
  if (!native().builtWithNccl())
    throw new GanError(
      'ERR_NO_NCCL',
      `--processes ${processes} on CUDA expected an addon with NCCL, which connects GPUs, but this one is compiled without: see docs/parallel.md`,
    );
  const port = await freePort();
  const [command, ...args] = memberCommand(argv);
  return Array.from({ length: processes }, (_, rank) =>
    spawn(command, args, {
      detached: true,
      stdio: STDIO,
      env: {
        ...process.env,
        RANK: `${rank}`,
        LOCAL_RANK: `${rank}`,
        WORLD_SIZE: `${processes}`,
        LOCAL_WORLD_SIZE: `${processes}`,
        MASTER_ADDR: '127.0.0.1',
        MASTER_PORT: `${port}`,
      },
    }),
  );
}

function memberCommand(argv: readonly string[]): string[] {
  return [process.execPath, '-e', loadingCode('train-member'), '--', ...argv];
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

/** The exit code, or what a shell makes of the signal that ended it. */
function ended(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGKILL']));
  });
}
