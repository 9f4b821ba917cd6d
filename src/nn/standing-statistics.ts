import { positiveInteger } from '../check';
import { UsageError } from '../errors';
import { noGrad } from '../tensor/autograd';
import { getRngState, setRngState } from '../tensor/random';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import { BatchNorm1d, BatchNorm2d } from './batch-norm';
import { rememberModes } from './modes';
import type { Module } from './module';

/** What {@link standingStatistics} passes through a network. */
export interface StandingOptions {
  /** How many batches; the paper takes 100 of the training's size. */
  readonly batches: number;
  /** The inputs of batch `index`, e.g. latents drawn from a generator of their own. It is called in a scope. */
  readonly input: (index: number) => Tensor | readonly Tensor[];
}

/**
 * Standing statistics (Brock et al. 2019, appendix D): the running statistics of a network's batch norms, conditional ones too, anew as
 * the plain mean over batches. Averaged weights (`Ema`) want them, for the running statistics they were left with are of other weights.
 *
 * All else is as at rest: dropout passes everything on, spectral norm keeps its vectors, and weights stay. Modes and the
 * default generators are afterwards as they were.
 *
 * ```ts
 * const averaged = ema.module.clone().unfreeze();
 * standingStatistics(averaged.eval(), { batches: 100, input: () => randn([64, 100], { generator }) });
 * ```
 *
 * @returns how many batch norms there are; without any nothing is computed
 * @throws UsageError for a number of batches below 1, or a frozen network, whose statistics do not move
 */
export function standingStatistics(network: Module, { batches, input }: StandingOptions): number {
  positiveInteger('standingStatistics', 'batches', batches);
  const norms = network.modules().filter(isBatchNorm).filter(hasStatistics);
  if (norms.some((norm) => norm.frozen))
    throw new UsageError(
      'standingStatistics expects a network whose statistics can move, but it is frozen: unfreeze it',
    );
  if (norms.length === 0) return 0;
  const restoreModes = rememberModes([network]);
  const momenta = norms.map((norm) => norm.momentum);
  const devices = [...new Set(['cpu', ...network.parameters().map(({ device }) => device)])];
  const random = devices.map((device) => [getRngState(device), device] as const);
  try {
    network.eval();
    for (const norm of norms) {
      norm.train();
      norm.momentum = null;
    }
    noGrad(() => {
      for (const norm of norms) norm.numBatchesTracked?.zero_();
      for (let index = 0; index < batches; index++) scope(() => void pass(network, input(index)));
    });
  } finally {
    for (const [i, norm] of norms.entries()) norm.momentum = momenta[i];
    restoreModes();
    for (const [state, device] of random) setRngState(state, device);
  }
  return norms.length;
}

function pass(network: Module, inputs: Tensor | readonly Tensor[]): Tensor {
  return Array.isArray(inputs) ? network.forward(...inputs) : network.forward(inputs as Tensor);
}

function isBatchNorm(module: Module): module is BatchNorm1d | BatchNorm2d {
  return module instanceof BatchNorm1d || module instanceof BatchNorm2d;
}

function hasStatistics({ runningMean }: BatchNorm1d | BatchNorm2d): boolean {
  return runningMean !== null;
}
