import { argumentError, numberBetween, oneOf, positiveInteger } from '../check';
import {
  elu as eluOp,
  gelu as geluOp,
  leakyRelu as leakyReluOp,
  prelu as preluOp,
  selu as seluOp,
  silu as siluOp,
  softplus as softplusOp,
} from '../tensor/activations';
import { full } from '../tensor/create';
import type { Tensor } from '../tensor/tensor';
import { Module } from './module';
import { type Parameter, parameter } from './parameter';

/** Options of {@link GELU}. */
export interface GeluOptions {
  /** `tanh` computes the usual approximation (`none`). */
  readonly approximate?: 'none' | 'tanh';
}

/** Options of {@link Softplus}. */
export interface SoftplusOptions {
  /** How sharply it bends (1). */
  readonly beta?: number;
  /** Where beta · x is above this, the function is x itself (20). */
  readonly threshold?: number;
}

/** Options of {@link PReLU}. */
export interface PReluOptions {
  /** One slope for all, or one per channel (1). */
  readonly numParameters?: number;
  /** Where the slopes start (0.25). */
  readonly init?: number;
}

/** The rectified linear unit: max(0, x). */
export class ReLU extends Module {
  override forward(input: Tensor): Tensor {
    return input.relu();
  }
}

/** max(0, x) + negativeSlope · min(0, x). */
export class LeakyReLU extends Module {
  /** @throws UsageError for a slope that is not finite */
  constructor(readonly negativeSlope = 0.01) {
    super();
    numberBetween('leakyRelu', 'negativeSlope', negativeSlope);
  }

  override forward(input: Tensor): Tensor {
    return leakyReluOp(input, this.negativeSlope);
  }

  protected override describe(): string {
    return `negativeSlope=${this.negativeSlope}`;
  }
}

/** The hyperbolic tangent: output in (−1, 1). */
export class Tanh extends Module {
  override forward(input: Tensor): Tensor {
    return input.tanh();
  }
}

/** 1 / (1 + e^−x). */
export class Sigmoid extends Module {
  override forward(input: Tensor): Tensor {
    return input.sigmoid();
  }
}

/** x · Φ(x), Φ the normal distribution's (Hendrycks & Gimpel 2016). */
export class GELU extends Module {
  readonly approximate: 'none' | 'tanh';

  /** @throws UsageError for an unknown approximation */
  constructor({ approximate = 'none' }: GeluOptions = {}) {
    super();
    this.approximate = oneOf('gelu', 'approximate', approximate, ['none', 'tanh']);
  }

  override forward(input: Tensor): Tensor {
    return geluOp(input, this.approximate);
  }

  protected override describe(): string {
    return `approximate=${this.approximate}`;
  }
}

/** x · σ(x), also called swish (Elfwing et al. 2017). */
export class SiLU extends Module {
  override forward(input: Tensor): Tensor {
    return siluOp(input);
  }
}

/** x above 0, alpha · (e^x − 1) below (Clevert et al. 2015). */
export class ELU extends Module {
  /** @throws UsageError for an alpha that is not finite */
  constructor(readonly alpha = 1) {
    super();
    numberBetween('elu', 'alpha', alpha);
  }

  override forward(input: Tensor): Tensor {
    return eluOp(input, this.alpha);
  }

  protected override describe(): string {
    return `alpha=${this.alpha}`;
  }
}

/** An ELU whose scale and alpha keep mean 0 and variance 1 through layers (Klambauer et al. 2017). */
export class SELU extends Module {
  override forward(input: Tensor): Tensor {
    return seluOp(input);
  }
}

/** ln(1 + e^(beta · x)) / beta: a smooth ReLU. */
export class Softplus extends Module {
  readonly beta: number;
  readonly threshold: number;

  /** @throws UsageError for options that are not finite */
  constructor({ beta = 1, threshold = 20 }: SoftplusOptions = {}) {
    super();
    this.beta = numberBetween('softplus', 'beta', beta);
    this.threshold = numberBetween('softplus', 'threshold', threshold);
  }

  override forward(input: Tensor): Tensor {
    return softplusOp(input, this);
  }

  protected override describe(): string {
    return `beta=${this.beta}, threshold=${this.threshold}`;
  }
}

/** max(0, x) + weight · min(0, x) with learned slopes, one for all or one per channel (dimension 1) (He et al. 2015). */
export class PReLU extends Module {
  readonly weight: Parameter;

  /** @throws UsageError for an option out of range, naming it */
  constructor({ numParameters = 1, init = 0.25 }: PReluOptions = {}) {
    super();
    positiveInteger('prelu', 'numParameters', numParameters);
    this.weight = parameter(full([numParameters], numberBetween('prelu', 'init', init)));
  }

  override forward(input: Tensor): Tensor {
    return preluOp(input, this.weight);
  }

  protected override describe(): string {
    return `numParameters=${this.weight.numel}`;
  }
}

/** e^x / Σ e^x over the dimension `dim`. */
export class Softmax extends Module {
  /** @throws UsageError for a dimension that is not an integer */
  constructor(readonly dim: number) {
    super();
    if (!Number.isSafeInteger(dim)) throw argumentError('softmax', 'dim to be an integer', dim);
  }

  override forward(input: Tensor): Tensor {
    return input.softmax(this.dim);
  }

  protected override describe(): string {
    return `dim=${this.dim}`;
  }
}

/** A {@link ReLU}. */
export function relu(): ReLU {
  return new ReLU();
}

/** A {@link LeakyReLU}; slope 0.01 by default, GANs use 0.2. @throws UsageError for a slope that is not finite */
export function leakyRelu(negativeSlope?: number): LeakyReLU {
  return new LeakyReLU(negativeSlope);
}

/** A {@link Tanh}. */
export function tanh(): Tanh {
  return new Tanh();
}

/** A {@link Sigmoid}. */
export function sigmoid(): Sigmoid {
  return new Sigmoid();
}

/** A {@link GELU}. @throws UsageError for an unknown approximation */
export function gelu(options?: GeluOptions): GELU {
  return new GELU(options);
}

/** A {@link SiLU}. */
export function silu(): SiLU {
  return new SiLU();
}

/** An {@link ELU}. @throws UsageError for an alpha that is not finite */
export function elu(alpha?: number): ELU {
  return new ELU(alpha);
}

/** A {@link SELU}. */
export function selu(): SELU {
  return new SELU();
}

/** A {@link Softplus}. @throws UsageError for options that are not finite */
export function softplus(options?: SoftplusOptions): Softplus {
  return new Softplus(options);
}

/** A {@link PReLU}. @throws UsageError for an option out of range, naming it */
export function prelu(options?: PReluOptions): PReLU {
  return new PReLU(options);
}

/** A {@link Softmax}. @throws UsageError for a dimension that is not an integer */
export function softmax(dim: number): Softmax {
  return new Softmax(dim);
}
