import type { Figure, ParticipantName, SuiteName } from './suites';
import type { ByNetwork, NetworkSizes, Precision } from './task';

/** Why a participant has no figures. */
export interface Absence {
  readonly kind: 'missing' | 'failed' | 'refused';
  /** In words: what is missing, its last line on stderr, or what is not comparable. */
  readonly reason: string;
  /** The command that installs it. */
  readonly install: string | null;
}

/** What came of one participant of a group. */
export interface ParticipantResult {
  readonly name: ParticipantName;
  readonly label: string;
  readonly precision: Precision | null;
  readonly version: string | null;
  readonly parameters: ByNetwork | null;
  readonly passes: ByNetwork | null;
  /** Images of one step; null where there are none. */
  readonly batch: number | null;
  /** FLOPs of one step, as this harness counts them. */
  readonly flops: number | null;
  /** FLOPs of one step as PyTorch counted them. */
  readonly countedFlops: number | null;
  /** By figure, a value for each round; null where it was not measured in that round. */
  readonly rounds: Readonly<Record<string, readonly (number | null)[]>>;
  readonly absence: Absence | null;
  /** What it does otherwise than its name says. */
  readonly note?: string;
}

/** FLOP/s of a matrix product 2048³, by round. */
export type Rates = Readonly<Record<Precision, readonly number[]>>;

/** What came of a group. */
export interface GroupResult {
  readonly suite: SuiteName;
  readonly title: string;
  readonly figures: readonly Figure[];
  readonly networks: NetworkSizes | null;
  readonly participants: readonly ParticipantResult[];
  /** Null in groups whose FLOPs are no measure. */
  readonly rates: Rates | null;
}

/** The machine and what is installed on it. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  /** What of the instruction sets matters here, e.g. `avx512_bf16`. */
  readonly instructionSets: readonly string[];
  readonly memoryBytes: number;
  readonly system: string;
  readonly node: string;
  readonly libtorch: string;
  /** The instruction set that LibTorch's kernels use. */
  readonly cpuCapability: string;
  readonly threads: number;
  readonly device: string;
  readonly gpus: readonly string[];
  /** The part of all cores that others kept busy before the run, 0 to 1. */
  readonly busy: number;
}

/** Everything one run measured: what `--json` writes. */
export interface Results {
  /** ISO 8601. */
  readonly date: string;
  readonly version: string;
  /** What to type to measure the same. */
  readonly command: string;
  readonly machine: Machine;
  readonly rounds: number;
  readonly seconds: number;
  /** How FLOPs are counted. */
  readonly convention: string;
  readonly groups: readonly GroupResult[];
}
