import { positiveInteger } from '../check';
import { empty } from '../tensor/create';
import { inFull } from '../tensor/full-precision';
import { cat } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';
import { normal_ } from './init';
import { Module } from './module';
import { type Parameter, parameter } from './parameter';

/** Sizes of {@link MinibatchDiscrimination}. */
export interface MinibatchDiscriminationOptions {
  /** Features that tell how close the others of the batch are: B in the paper (100). */
  readonly features?: number;
  /** Numbers that each of them compares: C in the paper (5). */
  readonly dimensions?: number;
}

/**
 * Minibatch discrimination (Salimans et al. 2016): appends to each vector of a batch how close the batch is to it. With
 * M = x · weight, o(xᵢ)_b = Σⱼ exp(−‖Mᵢ,b − Mⱼ,b‖₁) over the whole batch, i itself included, as in the paper.
 *
 * [N, A] → [N, A + features]. `weight` [A, features, dimensions] starts as N(0, 1 / A).
 */
export class MinibatchDiscrimination extends Module {
  readonly weight: Parameter;

  /** @throws UsageError for sizes that are not positive integers */
  constructor(
    readonly inFeatures: number,
    { features = 100, dimensions = 5 }: MinibatchDiscriminationOptions = {},
  ) {
    super();
    const owner = 'minibatchDiscrimination';
    positiveInteger(owner, 'inFeatures', inFeatures);
    positiveInteger(owner, 'features', features);
    positiveInteger(owner, 'dimensions', dimensions);
    this.weight = parameter(empty([inFeatures, features, dimensions]));
    normal_(this.weight, { std: 1 / Math.sqrt(inFeatures) });
  }

  override forward(input: Tensor): Tensor {
    const [, features, dimensions] = this.weight.shape;
    const projected = input.matmul(this.weight.flatten({ startDim: 1 }));
    const compared = inFull(projected).reshape([-1, features, dimensions]);
    const distances = compared.unsqueeze(0).sub(compared.unsqueeze(1)).abs().sum(-1);
    return cat([input, distances.neg().exp().sum(0)], 1);
  }

  protected override describe(): string {
    const [inFeatures, features, dimensions] = this.weight.shape;
    return `${inFeatures}, features=${features}, dimensions=${dimensions}`;
  }
}

/** A {@link MinibatchDiscrimination} layer. @throws UsageError for sizes that are not positive integers */
export function minibatchDiscrimination(
  inFeatures: number,
  options?: MinibatchDiscriminationOptions,
): MinibatchDiscrimination {
  return new MinibatchDiscrimination(inFeatures, options);
}
