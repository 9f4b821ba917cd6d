import type { Ema } from '../optim/ema';
import type { ProcessGroup } from '../parallel/group';
import type { Generator } from '../tensor/random';
import type { Game } from './game';
import type { Latent } from './latent';
import type { Precision } from './manifest';
import type { Networks } from './phase';
import type { PrecisionChoice } from './precision';
import type { PhaseRun } from './running-phases';
import type { GridMaker } from './sample-grids';
import type { Sampler } from './sampler';
import type { Scoreboard } from './scoreboard';
import type { Stages } from './stages';

/** What a training is made of and where it stands: what checkpoints keep, grids show and evaluations judge. */
export interface Training {
  readonly networks: Networks;
  readonly phases: readonly PhaseRun[];
  readonly latent: Latent | undefined;
  readonly sampler: Sampler | undefined;
  /** Pictures drawn beside the sample grids. */
  readonly grids: Readonly<Record<string, GridMaker>>;
  /** Who is trained against whom. */
  readonly games: readonly Game[];
  /** Averages of the networks that have one, by the network's name. */
  readonly averages: Readonly<Record<string, Ema>>;
  /** The networks, with averaged weights where there are any. */
  readonly averaged: Networks;
  readonly device: string;
  readonly seed: number;
  /** In how many parts each phase takes its batch. */
  readonly accumulate: number;
  /** Who trains together. */
  readonly group: ProcessGroup;
  /** Draws the latents of the steps. */
  readonly random: Generator;
  /** The newest losses and statistics. */
  readonly board: Scoreboard;
  /** Its parts; undefined where it is all of one. */
  readonly stages: Stages | undefined;
  /** What losses are computed in; undefined until it is chosen. */
  readonly precision: PrecisionChoice | undefined;
  /** Steps done. */
  step: number;
  /** Examples seen. */
  images: number;
  /** Goes on in the precision of an earlier run, unless one was named. */
  restorePrecision(precision: Precision): void;
  /** Drops CUDA graphs: what they work on was replaced. */
  forgetGraphs(): void;
  /** Sentences for the user since the last call. */
  takeNotes(): string[];
}
