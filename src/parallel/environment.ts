import { UsageError } from '../errors';

/** Variables of a process. */
type Environment = Readonly<Record<string, string | undefined>>;

/** A place among processes that were started together. */
export interface Place {
  readonly rank: number;
  readonly size: number;
  /** The number among those on this machine: which GPU is this process's. */
  readonly localRank: number;
  readonly launcher: Launcher;
}

/** What started the processes. */
export type Launcher = 'torchrun' | 'mpirun' | 'srun';

/** Where rank 0 waits for the others, as torchrun tells it. */
export interface Meeting {
  readonly address: string;
  readonly port: number;
}

/** The variables in which a launcher says rank, size and rank on this machine. */
const VARIABLES: Readonly<Record<Launcher, readonly [rank: string, size: string, localRank: string]>> = {
  torchrun: ['RANK', 'WORLD_SIZE', 'LOCAL_RANK'],
  mpirun: ['OMPI_COMM_WORLD_RANK', 'OMPI_COMM_WORLD_SIZE', 'OMPI_COMM_WORLD_LOCAL_RANK'],
  srun: ['SLURM_PROCID', 'SLURM_NTASKS', 'SLURM_LOCALID'],
};

/** Whose variables count where several launchers have set some, the first before others: torchrun starts nothing that computes on the CPU. */
export function launchersFor(device: string): readonly Launcher[] {
  return device === 'cpu' ? ['mpirun', 'srun', 'torchrun'] : ['torchrun', 'mpirun', 'srun'];
}

/**
 * The place that the environment describes by the variables of torchrun, Open MPI's mpirun, or Slurm's srun: by those of the first of `launchers`
 * that started several processes, else of the first that set any. `null` where none did.
 *
 * @throws UsageError for a rank without a size, or one that is not below it
 */
export function placeOf(env: Environment, launchers: readonly Launcher[]): Place | null {
  let single: Place | null = null;
  for (const launcher of launchers.filter((each) => started(env, each))) {
    const place = placeBy(env, launcher);
    // One that started a single process says nothing of what that has started.
    if (place.size > 1) return place;
    single ??= place;
  }
  return single;
}

function placeBy(env: Environment, launcher: Launcher): Place {
  const [rankName, sizeName, localName] = VARIABLES[launcher];
  const size = count(env, stepSize(env, launcher) ?? sizeName, { min: 1, beside: rankName });
  const rank = count(env, rankName, { min: 0, beside: sizeName });
  if (rank >= size)
    throw new UsageError(
      `expected ${rankName} to be below ${sizeName}, which is ${size}, but received ${rank}: \`${launcher}\` sets both`,
    );
  const localRank = env[localName] === undefined ? rank : count(env, localName, { min: 0, beside: rankName });
  return { rank, size, localRank, launcher };
}

/**
 * Where the processes meet: MASTER_ADDR and MASTER_PORT.
 *
 * @throws UsageError where one is missing, or the port is none
 */
export function meetingOf(env: Environment): Meeting {
  const address = env.MASTER_ADDR;
  if (!address)
    throw new UsageError(
      'expected MASTER_ADDR to name the machine of rank 0 but it is not set: start with torchrun, or set MASTER_ADDR and MASTER_PORT for all',
    );
  const port = count(env, 'MASTER_PORT', { min: 1, beside: 'MASTER_ADDR' });
  if (port <= 65_535) return { address, port };
  throw new UsageError(`expected MASTER_PORT to be a port, 1 to 65535, but received ${port}`);
}

function started(env: Environment, launcher: Launcher): boolean {
  const [rank, size] = VARIABLES[launcher];
  const any = env[rank] !== undefined || env[size] !== undefined;
  // The script of a job has both as well, and is no step of it.
  if (launcher === 'srun') return any && (env.SLURM_STEP_ID ?? env.SLURM_STEPID) !== undefined;
  return any;
}

/** A step of a job may have fewer processes than the job. */
function stepSize(env: Environment, launcher: Launcher): string | undefined {
  return launcher === 'srun' && env.SLURM_STEP_NUM_TASKS !== undefined ? 'SLURM_STEP_NUM_TASKS' : undefined;
}

function count(env: Environment, name: string, { min, beside }: { min: number; beside: string }): number {
  const text = env[name];
  if (text === undefined || text === '')
    throw new UsageError(
      `expected ${name} beside ${beside}=${env[beside] ?? ''} but it is not set: unset ${beside} to train alone`,
    );
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= min) return value;
  throw new UsageError(
    `expected ${name} to be a whole number of at least ${min} but received ${JSON.stringify(text)}`,
  );
}
