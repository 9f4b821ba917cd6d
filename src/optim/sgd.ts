import { UsageError } from '../errors';
import { ops } from '../native/ops.generated';
import { numberBetween } from '../nn/check';
import { zerosLike } from '../tensor/create';
import type { Tensor } from '../tensor/tensor';
import type { Batch, ParameterState } from './bucket';
import type { ParameterGroups } from './groups';
import { Optimizer, type OptimizerFactory, type OptimizerOptions, type Rates } from './optimizer';

/** Options of {@link sgd}. */
export interface SgdOptions extends OptimizerOptions {
  /** How much of the last direction each step keeps (0). */
  readonly momentum?: number;
  /** How much of the gradient momentum leaves out (0). */
  readonly dampening?: number;
  /** Looks ahead along the momentum (Nesterov 1983) (false). */
  readonly nesterov?: boolean;
}

/** See {@link sgd}. */
export class Sgd extends Optimizer {
  readonly momentum: number;
  readonly dampening: number;
  readonly nesterov: boolean;
  readonly maximize: boolean;

  /** @throws UsageError without parameters, with one given twice, or for an option out of range */
  constructor(parameters: ParameterGroups, options: SgdOptions = {}) {
    const { lr = 1e-3, weightDecay = 0, schedule, momentum = 0, dampening = 0, nesterov = false } = options;
    super('sgd', parameters, { lr, weightDecay, schedule });
    this.momentum = numberBetween('sgd', 'momentum', momentum, { min: 0 });
    this.dampening = numberBetween('sgd', 'dampening', dampening);
    if (nesterov && !(momentum > 0 && dampening === 0))
      throw new UsageError(
        `sgd expects nesterov with a momentum and no dampening but received momentum ${momentum} and dampening ${dampening}`,
      );
    this.nesterov = nesterov;
    this.maximize = options.maximize ?? false;
  }

  protected override createState(parameter: Tensor): ParameterState {
    return this.momentum === 0 ? {} : { momentum_buffer: zerosLike(parameter) };
  }

  protected override update(
    { parameters, gradients, state, first }: Batch,
    { lr, weightDecay }: Rates,
  ): void {
    ops._fused_sgd_(
      parameters,
      gradients,
      state.momentum_buffer ?? [],
      weightDecay,
      this.momentum,
      lr,
      this.dampening,
      this.nesterov,
      this.maximize,
      first && this.momentum !== 0,
    );
  }
}

/**
 * Stochastic gradient descent: with g the gradient plus weightDecay · θ, and b ← momentum · b + (1 − dampening)g (b ← g in the
 * first step), the step is θ ← θ − lr · b, with Nesterov's momentum θ ← θ − lr · (g + momentum · b).
 *
 * The factory throws UsageError without parameters, with one given twice, or for an option out of range.
 */
export function sgd(options: SgdOptions = {}): OptimizerFactory {
  return (parameters) => new Sgd(parameters, options);
}
