import { ops } from '../native/ops.generated';
import { argumentError, numberBetween } from '../nn/check';
import { zeros, zerosLike } from '../tensor/create';
import type { Tensor } from '../tensor/tensor';
import type { Batch, ParameterState } from './bucket';
import type { ParameterGroups } from './groups';
import { Optimizer, type OptimizerFactory, type OptimizerOptions, type Rates } from './optimizer';

/** Options of {@link adam} and {@link adamw}. */
export interface AdamOptions extends OptimizerOptions {
  /** How much of the mean of the gradients, and of their squares, each step keeps ([0.9, 0.999]). */
  readonly betas?: readonly [number, number];
  /** Added to the root of the mean square (1e-8). */
  readonly eps?: number;
  /** Divides by the largest mean square so far (Reddi et al. 2018) (false). */
  readonly amsgrad?: boolean;
}

/** What {@link Adam} and {@link AdamW} share. */
abstract class AdamLike extends Optimizer {
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly amsgrad: boolean;
  readonly maximize: boolean;

  constructor(
    owner: string,
    parameters: ParameterGroups,
    options: AdamOptions & { readonly weightDecay: number },
  ) {
    const { lr = 1e-3, weightDecay, schedule, betas = [0.9, 0.999], eps = 1e-8 } = options;
    super(owner, parameters, { lr, weightDecay, schedule });
    for (const beta of betas)
      if (!(beta >= 0 && beta < 1)) throw argumentError(owner, 'betas to be at least 0 and below 1', beta);
    this.betas = betas;
    this.eps = numberBetween(owner, 'eps', eps, { min: 0 });
    this.amsgrad = options.amsgrad ?? false;
    this.maximize = options.maximize ?? false;
  }

  protected override createState(parameter: Tensor): ParameterState {
    return {
      step: zeros([], { device: parameter.device }),
      exp_avg: zerosLike(parameter),
      exp_avg_sq: zerosLike(parameter),
      ...(this.amsgrad ? { max_exp_avg_sq: zerosLike(parameter) } : {}),
    };
  }

  protected override update({ parameters, gradients, state }: Batch, { lr, weightDecay }: Rates): void {
    const [beta1, beta2] = this.betas;
    ops._foreach_add__Scalar(state.step, 1);
    this.kernel(
      parameters,
      gradients,
      state.exp_avg,
      state.exp_avg_sq,
      state.max_exp_avg_sq ?? [],
      state.step,
      lr,
      beta1,
      beta2,
      weightDecay,
      this.eps,
      this.amsgrad,
      this.maximize,
    );
  }

  /** The fused step over all tensors. */
  protected abstract readonly kernel: typeof ops._fused_adam_;
}

/** See {@link adam}. */
export class Adam extends AdamLike {
  protected readonly kernel = ops._fused_adam_;

  /** @throws UsageError without parameters, with one given twice, or for an option out of range */
  constructor(parameters: ParameterGroups, options: AdamOptions = {}) {
    super('adam', parameters, { ...options, weightDecay: options.weightDecay ?? 0 });
  }
}

/** See {@link adamw}. */
export class AdamW extends AdamLike {
  protected readonly kernel = ops._fused_adamw_;

  /** @throws UsageError without parameters, with one given twice, or for an option out of range */
  constructor(parameters: ParameterGroups, options: AdamOptions = {}) {
    super('adamw', parameters, { ...options, weightDecay: options.weightDecay ?? 0.01 });
  }
}

/**
 * Adam (Kingma & Ba 2015): with g the gradient plus weightDecay · θ, m ← β₁m + (1 − β₁)g and v ← β₂v + (1 − β₂)g², the step
 * is θ ← θ − lr · (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + eps). GANs mostly use betas [0.5, 0.999] or [0, 0.9].
 *
 * The factory throws UsageError without parameters, with one given twice, or for an option out of range.
 */
export function adam(options: AdamOptions = {}): OptimizerFactory {
  return (parameters) => new Adam(parameters, options);
}

/**
 * AdamW (Loshchilov & Hutter 2019): {@link adam} whose weight decay (0.01) is no part of the gradient, but
 * θ ← θ − lr · weightDecay · θ before the step.
 *
 * The factory throws UsageError without parameters, with one given twice, or for an option out of range.
 */
export function adamw(options: AdamOptions = {}): OptimizerFactory {
  return (parameters) => new AdamW(parameters, options);
}
