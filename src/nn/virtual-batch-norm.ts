import { argumentError, numberBetween, positiveInteger } from '../check';
import { UsageError } from '../errors';
import { ones, zeros } from '../tensor/create';
import { inFull } from '../tensor/full-precision';
import { cat } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';
import { Module } from './module';
import { type Parameter, parameter } from './parameter';

/** Options of {@link VirtualBatchNorm}. */
export interface VirtualBatchNormOptions {
  /** Added to the variance (1e-5). */
  readonly eps?: number;
}

/** Mean and biased variance, [N or 1, C, 1, …]. */
interface Moments {
  readonly mean: Tensor;
  readonly variance: Tensor;
}

/**
 * Virtual batch normalisation (Salimans et al. 2016) of [N, C, …]: each image is normalised by the statistics of a reference
 * batch and itself, as one more image of it, so that it depends on no other image of its batch:
 * y = (x − E) / √(Var + eps) · weight + bias. Images of the reference batch are normalised by the reference batch alone.
 *
 * It works inside {@link WithReference} only, which passes the reference batch through the network before the others.
 */
export class VirtualBatchNorm extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter;
  readonly eps: number;
  /** Images of the reference batch, first in each input; set by {@link WithReference}. */
  referenceSize = 0;

  /** @throws UsageError for an option out of range, naming it */
  constructor(
    readonly numFeatures: number,
    { eps = 1e-5 }: VirtualBatchNormOptions = {},
  ) {
    super();
    positiveInteger('virtualBatchNorm', 'numFeatures', numFeatures);
    this.eps = numberBetween('virtualBatchNorm', 'eps', eps, { min: 0 });
    this.weight = parameter(ones([numFeatures]));
    this.bias = parameter(zeros([numFeatures]));
  }

  /** @throws UsageError outside {@link WithReference} */
  override forward(input: Tensor): Tensor {
    const { referenceSize: size } = this;
    if (size === 0)
      throw new UsageError(
        'virtualBatchNorm expects a reference batch but there is none: withReference(network, batch)',
      );
    const values = inFull(input);
    const reference = values.narrow(0, { start: 0, length: size });
    const others = values.narrow(0, { start: size, length: input.shape[0] - size });
    const own = moments(reference, [0, ...placesOf(input)]);
    const joined = join(own, moments(others, placesOf(input)), size);
    return cat([this.normalise(reference, own), this.normalise(others, joined)]);
  }

  protected override describe(): string {
    return `${this.numFeatures}, eps=${this.eps}`;
  }

  private normalise(values: Tensor, { mean, variance }: Moments): Tensor {
    const perChannel = (vector: Tensor) => vector.reshape([-1, ...placesOf(values).map(() => 1)]);
    const scale = variance.add(this.eps).rsqrt().mul(perChannel(this.weight));
    return values.sub(mean).mul(scale).add(perChannel(this.bias));
  }
}

/**
 * A network with {@link VirtualBatchNorm} layers and their reference batch, which is saved with it: the batch passes through the
 * network together with each input, and what comes of it is left out of the output.
 */
export class WithReference<M extends Module = Module> extends Module {
  /** [R, …], as the network's inputs. */
  readonly reference: Tensor;

  /** @throws UsageError for a network without such a layer, or a reference of fewer than two images */
  constructor(
    readonly network: M,
    reference: Tensor,
  ) {
    super();
    const layers = network.modules().filter((module) => module instanceof VirtualBatchNorm);
    if (layers.length === 0)
      throw argumentError(
        'withReference',
        'a network with virtualBatchNorm layers',
        network.constructor.name,
      );
    const size = reference.shape[0] ?? 0;
    if (size < 2) throw argumentError('withReference', 'a reference batch of at least 2', size);
    this.reference = this.registerBuffer('reference', reference.detach().clone());
    for (const layer of layers) layer.referenceSize = size;
  }

  override forward(input: Tensor): Tensor {
    const size = this.reference.shape[0];
    const output = this.network.forward(cat([this.reference.to({ dtype: input.dtype }), input]));
    return output.narrow(0, { start: size, length: output.shape[0] - size });
  }
}

/** A {@link VirtualBatchNorm} layer. @throws UsageError for an option out of range, naming it */
export function virtualBatchNorm(numFeatures: number, options?: VirtualBatchNormOptions): VirtualBatchNorm {
  return new VirtualBatchNorm(numFeatures, options);
}

/**
 * A network {@link WithReference}: `withReference(sequential(…, virtualBatchNorm(64), …), images)`.
 *
 * @throws UsageError for a network without virtualBatchNorm layers, or a reference of fewer than two images
 */
export function withReference<M extends Module>(network: M, reference: Tensor): WithReference<M> {
  return new WithReference(network, reference);
}

/** The dimensions after batch and channels. */
function placesOf({ shape }: Tensor): number[] {
  return shape.slice(2).map((_, index) => index + 2);
}

function moments(values: Tensor, dims: readonly number[]): Moments {
  // A vector is its own mean, with no variance.
  if (dims.length === 0) return { mean: values, variance: values.sub(values) };
  return {
    mean: values.mean(dims, { keepdim: true }),
    variance: values.var(dims, { correction: 0, keepdim: true }),
  };
}

/** Moments of `size` images and one more: those of a mixture, by deviations from its mean. */
function join(many: Moments, one: Moments, size: number): Moments {
  const mean = many.mean
    .mul(size)
    .add(one.mean)
    .div(size + 1);
  const spread = ({ mean: own, variance }: Moments) => variance.add(own.sub(mean).square());
  return {
    mean,
    variance: spread(many)
      .mul(size)
      .add(spread(one))
      .div(size + 1),
  };
}
