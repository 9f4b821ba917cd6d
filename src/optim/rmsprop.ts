import { numberBetween } from '../check';
import { ops } from '../native/ops.generated';
import type { Handle, Handles } from '../native/types';
import { zerosLike } from '../tensor/create';
import type { Tensor } from '../tensor/tensor';
import type { Batch, ParameterState } from './bucket';
import { directionOf, releasing, scaledBy } from './direction';
import type { ParameterGroups } from './groups';
import { Optimizer, type OptimizerFactory, type OptimizerOptions, type Rates } from './optimizer';

/** Options of {@link rmsprop}. */
export interface RmspropOptions extends OptimizerOptions {
  /** How much of the mean square of the gradients each step keeps (0.99). */
  readonly alpha?: number;
  /** Added to the root of the mean square (1e-8). */
  readonly eps?: number;
  /** How much of the last direction each step keeps (0). */
  readonly momentum?: number;
  /** Subtracts the squared mean: divides by the standard deviation (false). */
  readonly centered?: boolean;
}

/** See {@link rmsprop}. */
export class Rmsprop extends Optimizer {
  readonly alpha: number;
  readonly eps: number;
  readonly momentum: number;
  readonly centered: boolean;
  readonly maximize: boolean;

  /** @throws UsageError without parameters, with one given twice, or for an option out of range */
  constructor(parameters: ParameterGroups, options: RmspropOptions = {}) {
    const { lr = 1e-2, weightDecay = 0, schedule, alpha = 0.99, eps = 1e-8, momentum = 0 } = options;
    super('rmsprop', parameters, { lr, weightDecay, schedule });
    this.alpha = numberBetween('rmsprop', 'alpha', alpha, { min: 0, max: 1 });
    this.eps = numberBetween('rmsprop', 'eps', eps, { min: 0 });
    this.momentum = numberBetween('rmsprop', 'momentum', momentum, { min: 0 });
    this.centered = options.centered ?? false;
    this.maximize = options.maximize ?? false;
  }

  protected override createState(parameter: Tensor): ParameterState {
    return {
      square_avg: zerosLike(parameter),
      ...(this.centered ? { grad_avg: zerosLike(parameter) } : {}),
      ...(this.momentum > 0 ? { momentum_buffer: zerosLike(parameter) } : {}),
    };
  }

  override get capturable(): boolean {
    return true;
  }

  protected override update(batch: Batch, rates: Rates): void {
    const { parameters, state } = batch;
    releasing((owned) => {
      const direction = directionOf(batch, { ...rates, maximize: this.maximize }, owned);
      const scale = owned(this.#meanRoot(direction, state));
      if (this.momentum > 0) {
        ops._foreach_mul__Scalar(state.momentum_buffer, this.momentum);
        ops._foreach_addcdiv__Scalar(state.momentum_buffer, direction, scale, 1);
      }
      const step = scaledBy(rates, this.momentum > 0 ? state.momentum_buffer : direction, owned);
      if (this.momentum === 0) ops._foreach_div__List(step, scale);
      ops._foreach_sub__List(parameters, step);
    });
  }

  /** Moves the averages, and returns √(mean square) + eps, where centred without the squared mean. */
  #meanRoot(direction: Handles, { square_avg: squares, grad_avg: means }: Batch['state']): Handle[] {
    ops._foreach_mul__Scalar(squares, this.alpha);
    ops._foreach_addcmul__Scalar(squares, direction, direction, 1 - this.alpha);
    const root = this.#root(direction, squares, means);
    ops._foreach_add__Scalar(root, this.eps);
    return root;
  }

  #root(direction: Handles, squares: Handles, means: Handles): Handle[] {
    if (!this.centered) return ops._foreach_sqrt(squares);
    ops._foreach_lerp__Scalar(means, direction, 1 - this.alpha);
    const variances = ops._foreach_addcmul_Scalar(squares, means, means, -1);
    ops._foreach_sqrt_(variances);
    return variances;
  }
}

/**
 * RMSprop (Hinton 2012): with g the gradient plus weightDecay · θ, and v ← α v + (1 − α)g², the step is
 * θ ← θ − lr · g / (√v + eps), with momentum along b ← momentum · b + g / (√v + eps). Wasserstein GANs with clipped weights use
 * lr 5e-5 and no momentum.
 *
 * The factory throws UsageError without parameters, with one given twice, or for an option out of range.
 */
export function rmsprop(options: RmspropOptions = {}): OptimizerFactory {
  const { momentum = 0 } = options;
  return Object.assign((parameters: ParameterGroups) => new Rmsprop(parameters, options), { momentum });
}
