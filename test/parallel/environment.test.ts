import { launchersFor, meetingOf, placeOf } from '../../src/parallel/environment';
import { usage } from '../support/failure';

const ALL = ['torchrun', 'mpirun', 'srun'] as const;

test.each<[string, Record<string, string>, string]>([
  [
    'a rank without a size',
    { RANK: '1' },
    'expected WORLD_SIZE beside RANK=1 but it is not set: unset RANK to train alone',
  ],
  ['a size without a rank', { WORLD_SIZE: '2' }, 'expected RANK beside WORLD_SIZE=2'],
  ['an empty size', { RANK: '0', WORLD_SIZE: '' }, 'expected WORLD_SIZE beside RANK=0'],
  [
    'a rank that is not below the size',
    { RANK: '2', WORLD_SIZE: '2' },
    'expected RANK to be below WORLD_SIZE, which is 2, but received 2: `torchrun` sets both',
  ],
  ['a rank in words', { RANK: 'one', WORLD_SIZE: '2' }, 'expected RANK to be a whole number of at least 0'],
  ['a negative rank', { RANK: '-1', WORLD_SIZE: '2' }, 'but received "-1"'],
  ['half a rank', { RANK: '0.5', WORLD_SIZE: '2' }, 'but received "0.5"'],
  ['a size of 0', { RANK: '0', WORLD_SIZE: '0' }, 'expected WORLD_SIZE to be a whole number of at least 1'],
  ['a rank on the machine that is none', { RANK: '0', WORLD_SIZE: '1', LOCAL_RANK: 'x' }, 'LOCAL_RANK'],
  ['half of what mpirun sets', { OMPI_COMM_WORLD_SIZE: '2' }, 'expected OMPI_COMM_WORLD_RANK beside'],
  [
    'a rank beyond the step of a job',
    { SLURM_PROCID: '3', SLURM_NTASKS: '4', SLURM_STEP_ID: '0', SLURM_STEP_NUM_TASKS: '2' },
    'expected SLURM_PROCID to be below',
  ],
])('%s is refused', (_, env, message) => {
  expect(() => placeOf(env, ALL)).toThrow(usage(message));
});

test.each<[string, Record<string, string>, string]>([
  ['no address', { MASTER_PORT: '29500' }, 'expected MASTER_ADDR to name the machine of rank 0'],
  ['no port', { MASTER_ADDR: 'localhost' }, 'expected MASTER_PORT beside MASTER_ADDR=localhost'],
  ['port 0', { MASTER_ADDR: 'localhost', MASTER_PORT: '0' }, 'MASTER_PORT'],
  ['port 65536', { MASTER_ADDR: 'localhost', MASTER_PORT: '65536' }, 'expected MASTER_PORT to be a port'],
])('a meeting with %s is refused', (_, env, message) => {
  expect(() => meetingOf(env)).toThrow(usage(message));
});

test('where nothing is said there is no place', () => {
  expect(placeOf({ HOME: '/root' }, ALL)).toBeNull();
});

test.each<[string, Record<string, string>, object]>([
  [
    'torchrun',
    { RANK: '5', WORLD_SIZE: '8', LOCAL_RANK: '1' },
    { rank: 5, size: 8, localRank: 1, launcher: 'torchrun' },
  ],
  [
    'mpirun',
    { OMPI_COMM_WORLD_RANK: '1', OMPI_COMM_WORLD_SIZE: '2', OMPI_COMM_WORLD_LOCAL_RANK: '1' },
    { rank: 1, size: 2, localRank: 1, launcher: 'mpirun' },
  ],
  [
    'srun',
    { SLURM_PROCID: '3', SLURM_NTASKS: '4', SLURM_LOCALID: '1', SLURM_STEP_ID: '0' },
    { rank: 3, size: 4, localRank: 1, launcher: 'srun' },
  ],
])('the variables of %s tell the place', (_, env, place) => {
  expect(placeOf(env, ALL)).toEqual(place);
});

test('the script of a Slurm job that starts no step is alone', () => {
  expect(placeOf({ SLURM_PROCID: '0', SLURM_NTASKS: '4' }, ALL)).toBeNull();
});

test('a step of a Slurm job counts its own processes', () => {
  const env = { SLURM_PROCID: '1', SLURM_NTASKS: '4', SLURM_STEP_ID: '0', SLURM_STEP_NUM_TASKS: '2' };
  expect(placeOf(env, ALL)).toMatchObject({ rank: 1, size: 2 });
});

test('of two launchers the first that is asked for tells the place', () => {
  const env = { RANK: '3', WORLD_SIZE: '4', OMPI_COMM_WORLD_RANK: '1', OMPI_COMM_WORLD_SIZE: '2' };
  expect(placeOf(env, ['torchrun', 'mpirun'])).toMatchObject({ rank: 3, size: 4 });
  expect(placeOf(env, ['mpirun', 'torchrun'])).toMatchObject({ rank: 1, size: 2 });
});

test('a launcher of one process says nothing of those that this one has started', () => {
  const step = { SLURM_PROCID: '0', SLURM_NTASKS: '1', SLURM_STEP_ID: '0' };
  const alone = { OMPI_COMM_WORLD_RANK: '0', OMPI_COMM_WORLD_SIZE: '1', ...step };
  expect(placeOf(alone, launchersFor('cpu'))).toMatchObject({ size: 1, launcher: 'mpirun' });
  for (const device of ['cpu', 'cuda', 'auto'])
    expect(placeOf({ ...alone, RANK: '1', WORLD_SIZE: '2' }, launchersFor(device))).toMatchObject({
      rank: 1,
      size: 2,
      launcher: 'torchrun',
    });
});

test('under torchrun in a step of a Slurm job those of torchrun count on CUDA', () => {
  const env = {
    RANK: '5',
    WORLD_SIZE: '8',
    LOCAL_RANK: '1',
    SLURM_PROCID: '1',
    SLURM_NTASKS: '2',
    SLURM_STEP_ID: '0',
  };
  expect(placeOf(env, launchersFor('cuda'))).toMatchObject({ rank: 5, size: 8, localRank: 1 });
  expect(placeOf(env, launchersFor('cpu'))).toMatchObject({ rank: 1, size: 2 });
});

test('the address and the port tell where to meet', () => {
  expect(meetingOf({ MASTER_ADDR: 'node0', MASTER_PORT: '29500' })).toEqual({
    address: 'node0',
    port: 29500,
  });
});
