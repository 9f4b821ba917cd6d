import type { GroupResult, Machine, ParticipantResult, Results } from '../../benchmarks/results';
import type { Figure } from '../../benchmarks/suites';

export const IMAGES: Figure = { key: 'imagesPerSecond', title: '', unit: 'images/s', better: 'higher' };
export const MEMORY: Figure = { key: 'peakMemory', title: 'peak memory', unit: 'MB', better: 'lower' };

/** A participant with so many images a second in each round, and so many bytes. */
export function participant(
  name: ParticipantResult['name'],
  precision: ParticipantResult['precision'],
  rounds: { images?: (number | null)[]; bytes?: (number | null)[]; rest?: Partial<ParticipantResult> } = {},
): ParticipantResult {
  const { images = [], bytes = images.map(() => null), rest = {} } = rounds;
  return {
    name,
    label: precision === null ? name : `${name} ${precision}`,
    precision,
    version: null,
    parameters: null,
    passes: null,
    batch: 64,
    flops: 64e9,
    countedFlops: null,
    rounds: { imagesPerSecond: images, peakMemory: bytes },
    absence: null,
    ...rest,
  };
}

export const machine: Machine = {
  cpu: 'Some CPU',
  cores: 2,
  instructionSets: ['avx2', 'avx512f'],
  memoryBytes: 8e9,
  system: 'Linux 6 x64',
  node: '20.19.0',
  libtorch: '2.13.0',
  cpuCapability: 'AVX512',
  threads: 2,
  device: 'cpu',
  gpus: [],
  busy: 0,
};

/** Two of ours, two peers that compute, one that is not installed and one that crashed. */
export const group: GroupResult = {
  suite: 'dcgan64',
  title: 'dcgan64, batch 64',
  figures: [IMAGES, MEMORY],
  networks: null,
  participants: [
    participant('libtorch-gan', 'fp32', { images: [90, 100, 110], bytes: [5e8, 5e8, 5e8] }),
    participant('libtorch-gan', 'bf16', { images: [200, 220, 210], bytes: [4e8, 4e8, 4e8] }),
    participant('pytorch-textbook', 'fp32', { images: [50, 50, 55], bytes: [8e8, 8e8, 8e8] }),
    participant('pytorch-best', 'fp32', { images: [60, 80, 55], bytes: [1e9, 1e9, 1e9] }),
    participant('pytorch-best', 'bf16', { images: [100, 100, 140], bytes: [5e8, 5e8, 5e8] }),
    participant('tfjs-node', 'fp32', {
      images: [null, null, null],
      rest: { absence: { kind: 'missing', reason: 'is not installed', install: 'install <it> & run' } },
    }),
    participant('tfjs-wasm', 'fp32', {
      images: [null, null, null],
      rest: { absence: { kind: 'failed', reason: "Kernel 'X' not registered", install: null } },
    }),
  ],
  rates: { fp32: [2e11, 2.5e11, 2e11], bf16: [1e12, 1e12, 1e12] },
};

export const results: Results = {
  date: '2026-01-02T03:04:05.000Z',
  version: '0.1.0',
  command: 'npx ts-node scripts/bench.ts dcgan64',
  machine,
  rounds: 3,
  seconds: 3,
  convention: 'a multiply-add is 2 FLOPs',
  groups: [group],
};
