import { argumentError, numberBetween, positiveInteger } from '../check';
import { noGrad } from '../tensor/autograd';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import { requireFeatures } from './feature-set';
import { errorOfMean, meanOf } from './statistics';

/**
 * The importance-weighted bound on ln p(x) (IWAE, Burda et al. 2016) of each image, in nats, float64 [N]:
 * ln (1/K) Σ_k w_k, with ln w = ln p(x|z) + ln p(z) − ln q(z|x) for K samples z ~ q(z|x), as [N, K].
 *
 * K = 1 gives the evidence lower bound (ELBO, Kingma & Welling 2014); the bound rises to ln p(x) with K.
 *
 * @throws UsageError unless it is a matrix
 * @throws GanError `ERR_BAD_FEATURES` for NaN or infinity, naming the row
 */
export function importanceWeightedBound(logWeights: Tensor): Tensor {
  requireFeatures('importanceWeightedBound', logWeights);
  return noGrad(() => scope(() => logWeights.double().logsumexp(1).sub(Math.log(logWeights.shape[1]))));
}

/**
 * The evidence lower bound on ln p(x) of each image, in nats, float64 [N]: the mean of ln w over its samples [N, K], never above
 * {@link importanceWeightedBound}. @throws as that
 */
export function evidenceBound(logWeights: Tensor): Tensor {
  requireFeatures('evidenceBound', logWeights);
  return noGrad(() => scope(() => logWeights.double().mean(1)));
}

/** What a likelihood is of, for {@link bitsPerDimension}. */
export interface BitsOptions {
  /** D = C · H · W, numbers an image. */
  readonly dimensions: number;
  /**
   * Where the likelihood is a density: how far two neighbouring values of the data are apart on its scale, e.g. 2 / 255 for
   * bytes in [−1, 1]. 1 where it is a probability already (1).
   */
  readonly binWidth?: number;
}

/** Bits per dimension: the mean over images with its standard error. */
export interface Bits {
  readonly mean: number;
  readonly error: number;
}

/**
 * Bits per dimension of images from bounds on ln p(x) in nats [N]: −(ln p(x) / D + ln binWidth) / ln 2, so that models of
 * probabilities and of densities compare; 8 is what uniform noise takes for bytes.
 *
 * @throws UsageError for an option out of range, or no images
 */
export function bitsPerDimension(bounds: Tensor, { dimensions, binWidth = 1 }: BitsOptions): Bits {
  positiveInteger('bitsPerDimension', 'dimensions', dimensions);
  numberBetween('bitsPerDimension', 'binWidth', binWidth, { min: Number.MIN_VALUE });
  if (bounds.shape.length !== 1 || bounds.numel === 0)
    throw argumentError('bitsPerDimension', 'bounds [N] of at least one image', [...bounds.shape]);
  const nats = Array.from(
    scope(() => bounds.detach().double().toTypedArray()),
    Number,
  );
  const bits = nats.map((bound) => -(bound / dimensions + Math.log(binWidth)) / Math.LN2);
  return { mean: meanOf(bits), error: errorOfMean(bits) };
}
