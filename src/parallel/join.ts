import { isMainThread } from 'node:worker_threads';
import { argumentError, numberBetween } from '../check';
import { GanError } from '../errors';
import { loadMpi } from '../native/mpi';
import { trainCommand } from '../native/root';
import { launchersFor, meetingOf, type Place, placeOf } from './environment';
import { alone, type ProcessGroup } from './group';
import { MpiGroup } from './mpi';
import { NcclGroup } from './nccl';

/** What a group is for. */
export interface JoinOptions {
  /** What the processes compute on: `cpu`, `cuda`, `cuda:1`. */
  readonly device: string;
  /** How long a call waits for others (25): then one that hangs is named within half a minute. */
  readonly timeoutSeconds?: number;
}

const TIMEOUT_SECONDS = 25;

/**
 * The group that the environment describes: by the variables of torchrun, Open MPI's mpirun, or Slurm's srun. `alone` where none did, or
 * where it is of one process. On the CPU the engine is MPI, and mpirun or srun must have started the
 * processes; on CUDA it is NCCL, and MASTER_ADDR and MASTER_PORT say where they meet. A process joins once.
 *
 * @throws UsageError for variables that contradict each other; GanError `ERR_NO_MPI` where MPI is asked for and not there, `ERR_PARALLEL` where
 * the others cannot be reached
 */
export function joinGroup(options: JoinOptions): ProcessGroup {
  const { device, timeoutSeconds = TIMEOUT_SECONDS }: Partial<JoinOptions> = options ?? {};
  if (typeof device !== 'string')
    throw argumentError('joinGroup', "device to be 'cpu', 'cuda' or 'cuda:N'", device);
  numberBetween('joinGroup', 'timeoutSeconds', timeoutSeconds, { min: 1e-3 });
  const place = placeOf(process.env, launchersFor(device));
  if (place === null || place.size === 1) return alone;
  if (!isMainThread)
    throw new GanError(
      'ERR_PARALLEL',
      'expected joinGroup to be called in the main thread, but this is a worker',
    );
  if (device.startsWith('cuda')) return joinNccl(place, device, timeoutSeconds);
  return joinMpi(place, timeoutSeconds);
}

/** `cuda` is the GPU of the process's number on its machine. */
function joinNccl(place: Place, device: string, patienceSeconds: number): ProcessGroup {
  const own = device === 'cuda' ? `cuda:${place.localRank}` : device;
  return new NcclGroup({ ...place, ...meetingOf(process.env), device: own, patienceSeconds });
}

function joinMpi(place: Place, timeoutSeconds: number): ProcessGroup {
  const { rank, size, launcher } = place;
  if (launcher === 'torchrun')
    throw new GanError(
      'ERR_PARALLEL',
      `expected processes on the CPU to be started by mpirun, since MPI connects them, but RANK and WORLD_SIZE describe ${size}: \`mpirun -n ${size} ${trainCommand()} …\``,
    );
  const group = new MpiGroup(loadMpi(), timeoutSeconds);
  if (group.rank === rank && group.size === size) return group;
  throw new GanError('ERR_PARALLEL', strangers(place, group));
}

/** What two MPIs look like that know nothing of each other: everybody is alone in its world. */
function strangers({ rank, size, launcher }: Place, group: ProcessGroup): string {
  const advice =
    launcher === 'srun'
      ? 'start with `srun --mpi=pmix`, or with mpirun in the script of the job'
      : 'start with the mpirun of the Open MPI that the addon was built with';
  return `expected rank ${rank} of ${size}, as ${launcher} says, but MPI says rank ${group.rank} of ${group.size}: ${advice}`;
}
