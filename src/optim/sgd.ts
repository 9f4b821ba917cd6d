import { numberBetween } from '../check';
import { UsageError } from '../errors';
import { ops } from '../native/ops.generated';
import { zerosLike } from '../tensor/create';
import { isCpu } from '../tensor/device';
import type { Tensor } from '../tensor/tensor';
import type { Batch, ParameterState } from './bucket';
import { directionOf, releasing, scaledBy } from './direction';
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

  override get capturable(): boolean {
    return true;
  }

  protected override update(batch: Batch, rates: Rates): void {
    if (isCpu(batch.device) && ['bfloat16', 'float16'].includes(batch.dtype)) this.#updateShort(batch, rates);
    else this.#updateFused(batch, rates);
  }

  #updateFused({ parameters, gradients, state, first }: Batch, { lr, weightDecay, lrTensor }: Rates): void {
    const { momentum, dampening, nesterov, maximize } = this;
    const lists = [parameters, gradients, state.momentum_buffer ?? [], weightDecay, momentum] as const;
    const options = [dampening, nesterov, maximize, first && momentum !== 0] as const;
    if (lrTensor) ops._fused_sgd__tensor_lr(...lists, lrTensor.handle, ...options);
    else ops._fused_sgd_(...lists, lr, ...options);
  }

  /** LibTorch's fused step of a processor, up to 2.13 at least, does not write parameters of 16 bits (pytorch/pytorch#191763). */
  #updateShort(batch: Batch, rates: Rates): void {
    const { momentum, dampening, nesterov, maximize } = this;
    releasing((owned) => {
      let direction = directionOf(batch, { ...rates, maximize }, owned);
      if (momentum !== 0) {
        const buffers = batch.state.momentum_buffer;
        ops._foreach_mul__Scalar(buffers, momentum);
        ops._foreach_add__List(buffers, direction, batch.first ? 1 : 1 - dampening);
        direction = nesterov ? owned(ops._foreach_add_List(direction, buffers, momentum)) : buffers;
      }
      ops._foreach_sub__List(batch.parameters, scaledBy(rates, direction, owned));
    });
  }
}

/**
 * Stochastic gradient descent: with g the gradient plus weightDecay · θ, and b ← momentum · b + (1 − dampening)g (b ← g in the
 * first step), the step is θ ← θ − lr · b, with Nesterov's momentum θ ← θ − lr · (g + momentum · b).
 *
 * The factory throws UsageError without parameters, with one given twice, or for an option out of range.
 */
export function sgd(options: SgdOptions = {}): OptimizerFactory {
  const { momentum = 0 } = options;
  return Object.assign((parameters: ParameterGroups) => new Sgd(parameters, options), { momentum });
}
