import { positiveInteger } from '../check';
import { empty } from '../tensor/create';
import { linear as linearOp, linearRelu } from '../tensor/functional';
import type { Tensor } from '../tensor/tensor';
import { resetParameters } from './init';
import { type Parameter, parameter } from './parameter';
import { WeightedLayer, type Weights } from './weighted-layer';

/** Options of {@link Linear}. */
export interface LinearOptions {
  /** Whether to add a learned bias (true). */
  readonly bias?: boolean;
}

/**
 * A dense layer: y = x · weightᵀ + bias.
 *
 * Input [..., inFeatures], output [..., outFeatures]. `weight` [outFeatures, inFeatures] and `bias` [outFeatures] start as
 * U(−b, b), b = 1 / √inFeatures.
 */
export class Linear extends WeightedLayer {
  readonly weight: Parameter;
  readonly bias: Parameter | null;

  /** @throws UsageError for features that are not positive integers */
  constructor(
    readonly inFeatures: number,
    readonly outFeatures: number,
    { bias = true }: LinearOptions = {},
  ) {
    super();
    positiveInteger('linear', 'inFeatures', inFeatures);
    positiveInteger('linear', 'outFeatures', outFeatures);
    this.weight = parameter(empty([outFeatures, inFeatures]));
    this.bias = bias ? parameter(empty([outFeatures])) : null;
    resetParameters(this.weight, this.bias);
  }

  override forwardWith(input: Tensor, { weight, bias = this.bias }: Weights): Tensor {
    return linearOp(input, weight, bias);
  }

  /** This layer and a ReLU after it, at once. {@link Sequential} calls it where the two meet. */
  forwardRelu(input: Tensor): Tensor {
    return linearRelu(input, this.weight, this.bias);
  }

  protected override describe(): string {
    return `${this.inFeatures}, ${this.outFeatures}, bias=${this.bias !== null}`;
  }
}

/** A {@link Linear} layer. @throws UsageError for features that are not positive integers */
export function linear(inFeatures: number, outFeatures: number, options?: LinearOptions): Linear {
  return new Linear(inFeatures, outFeatures, options);
}
