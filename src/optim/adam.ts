import { argumentError, numberBetween } from '../check';
import { ops } from '../native/ops.generated';
import { zeros, zerosLike } from '../tensor/create';
import type { Tensor } from '../tensor/tensor';
import type { Batch, ParameterState } from './bucket';
import type { DeviceRates } from './device-rates';
import type { ParameterGroups } from './groups';
import {
  Optimizer,
  type OptimizerFactory,
  type OptimizerOptions,
  type Rates,
  type UpdateOptions,
} from './optimizer';

/** How much Adam keeps of the mean of the gradients, and of their squares. */
export type Betas = readonly [number, number];

/** Options of {@link adam} and {@link adamw}. */
export interface AdamOptions extends OptimizerOptions {
  /** How much of the mean of the gradients, and of their squares, each step keeps ([0.9, 0.999]). */
  readonly betas?: Betas;
  /**
   * Betas for each step instead, counted from 0. A step that is captured as a CUDA graph is captured anew whenever they change, so let
   * them change in stairs.
   */
  readonly betaSchedule?: (step: number) => Betas;
  /** Added to the root of the mean square (1e-8). */
  readonly eps?: number;
  /** Divides by the largest mean square so far (Reddi et al. 2018) (false). */
  readonly amsgrad?: boolean;
}

/** What {@link Adam} and {@link AdamW} share. */
abstract class AdamLike extends Optimizer {
  readonly #owner: string;
  readonly #betasAt: (step: number) => Betas;
  #betas: Betas;
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
    this.#owner = owner;
    this.#betasAt = options.betaSchedule ?? (() => betas);
    this.#betas = checkBetas(owner, this.#betasAt(0));
    this.eps = numberBetween(owner, 'eps', eps, { min: 0 });
    this.amsgrad = options.amsgrad ?? false;
    this.maximize = options.maximize ?? false;
  }

  /** Those of the newest step, or the first. */
  get betas(): Betas {
    return this.#betas;
  }

  override step(options: UpdateOptions = {}): void {
    this.#betas = checkBetas(this.#owner, this.#betasAt(this.steps));
    super.step(options);
  }

  override advance(rates: DeviceRates): void {
    this.#betas = checkBetas(this.#owner, this.#betasAt(this.steps));
    super.advance(rates);
  }

  override get layout(): string {
    return [super.layout, ...this.#betas].join(' ');
  }

  protected override createState(parameter: Tensor): ParameterState {
    return {
      step: zeros([], { device: parameter.device }),
      exp_avg: zerosLike(parameter),
      exp_avg_sq: zerosLike(parameter),
      ...(this.amsgrad ? { max_exp_avg_sq: zerosLike(parameter) } : {}),
    };
  }

  override get capturable(): boolean {
    return true;
  }

  protected override update({ parameters, gradients, state }: Batch, rates: Rates): void {
    const { lr, weightDecay, lrTensor } = rates;
    const { betas, eps, amsgrad, maximize } = this;
    const { exp_avg: means, exp_avg_sq: squares, max_exp_avg_sq: largest = [], step } = state;
    ops._foreach_add__Scalar(step, 1);
    const lists = [parameters, gradients, means, squares, largest, step] as const;
    const options = [...betas, weightDecay, eps, amsgrad, maximize] as const;
    if (lrTensor) this.kernels.device(...lists, lrTensor.handle, ...options);
    else this.kernels.host(...lists, lr, ...options);
  }

  /**
   * The fused step over all tensors, with lr on the host and on the device.
   *
   * @internal
   */
  protected abstract readonly kernels: {
    readonly host: typeof ops._fused_adam_;
    readonly device: typeof ops._fused_adam__tensor_lr;
  };
}

function checkBetas(owner: string, betas: Betas): Betas {
  for (const beta of betas)
    if (!(beta >= 0 && beta < 1)) throw argumentError(owner, 'betas to be at least 0 and below 1', beta);
  return betas;
}

/** See {@link adam}. */
export class Adam extends AdamLike {
  /** @internal */
  protected readonly kernels = { host: ops._fused_adam_, device: ops._fused_adam__tensor_lr };

  /** @throws UsageError without parameters, with one given twice, or for an option out of range */
  constructor(parameters: ParameterGroups, options: AdamOptions = {}) {
    super('adam', parameters, { ...options, weightDecay: options.weightDecay ?? 0 });
  }
}

/** See {@link adamw}. */
export class AdamW extends AdamLike {
  /** @internal */
  protected readonly kernels = { host: ops._fused_adamw_, device: ops._fused_adamw__tensor_lr };

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
  return Object.assign((parameters: ParameterGroups) => new Adam(parameters, options), momentumOf(options));
}

/**
 * AdamW (Loshchilov & Hutter 2019): {@link adam} whose weight decay (0.01) is no part of the gradient, but
 * θ ← θ − lr · weightDecay · θ before the step.
 *
 * The factory throws UsageError without parameters, with one given twice, or for an option out of range.
 */
export function adamw(options: AdamOptions = {}): OptimizerFactory {
  return Object.assign((parameters: ParameterGroups) => new AdamW(parameters, options), momentumOf(options));
}

function momentumOf({ betas = [0.9, 0.999], betaSchedule }: AdamOptions): { readonly momentum: number } {
  return { momentum: (betaSchedule?.(0) ?? betas)[0] };
}
