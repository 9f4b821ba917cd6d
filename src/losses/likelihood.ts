import { argumentError, numberBetween } from '../check';
import { native } from '../native/addon';
import { expm1, logSigmoid } from '../tensor/activations';
import type { Tensor } from '../tensor/tensor';
import { wrap } from '../tensor/wrap';
import { type PerImageOptions, perImage, reduced, sameShape } from './per-image';

/** What a decoder says of each pixel as a Gaussian: its mean, and how sure it is. */
export interface GaussianDecoding {
  /** [N, C, H, W] */
  readonly mean: Tensor;
  /** The fixed standard deviation of all pixels (1), in the images' units; not beside `logVariance`. */
  readonly std?: number;
  /** A learned ln σ², broadcast over `mean`: a number for all, one a pixel, or [N, C, H, W]. */
  readonly logVariance?: Tensor;
}

/** What a decoder says of each pixel as a logistic distribution. */
export interface LogisticDecoding {
  /** [N, C, H, W] */
  readonly mean: Tensor;
  /** ln of the scale, broadcast over `mean`; below −7 it counts as −7, as in PixelCNN++. */
  readonly logScale: Tensor;
}

/** The scale at which a logistic distribution is well within one of 256 levels. */
const LEAST_LOG_SCALE = -7;

/**
 * −ln p(x) of images x in [−1, 1] whose pixels (x + 1) / 2 are seen as probabilities of a Bernoulli decoder, in nats an image:
 * the binary cross-entropy with logits, summed over C·H·W, averaged over the batch. For binarised images it is a likelihood.
 *
 * @throws TorchError for shapes that differ
 * @throws UsageError for an unknown reduction
 */
export function bernoulliNll(logits: Tensor, images: Tensor, options: PerImageOptions = {}): Tensor {
  sameShape('bernoulliNll', { logits, images });
  return reduced(
    'bernoulliNll',
    wrap(native().bernoulliNll(logits.handle, images.handle), 'bernoulliNll'),
    options,
  );
}

/**
 * −ln p(x) under a Gaussian decoder, in nats an image: Σ ½ [(x − mean)² / σ² + ln σ² + ln 2π] over C·H·W, averaged over the batch.
 * A density: it may be negative, and compares with other densities of the same scaling only.
 *
 * @throws TorchError for shapes that differ
 * @throws UsageError for a std that is not positive, or beside a learned variance, and for an unknown reduction
 */
export function gaussianNll(
  { mean, std, logVariance }: GaussianDecoding,
  images: Tensor,
  options: PerImageOptions = {},
): Tensor {
  sameShape('gaussianNll', { mean, images });
  if (std !== undefined && logVariance)
    throw argumentError('gaussianNll', 'either std or logVariance', [std, 'logVariance']);
  const fixed = numberBetween('gaussianNll', 'std', std ?? 1, { min: Number.MIN_VALUE }) ** 2;
  const squares = images.sub(mean).square();
  const scaled = logVariance
    ? squares.mul(logVariance.neg().exp()).add(logVariance)
    : squares.mul(1 / fixed).add(Math.log(fixed));
  return reduced('gaussianNll', perImage(scaled.add(Math.log(2 * Math.PI)).mul(0.5)), options);
}

/**
 * −ln p(x) of images of whole levels under a discretised logistic decoder (Salimans et al. 2017, Kingma et al. 2016), in nats an
 * image: p(x) = σ((x + h − mean) / s) − σ((x − h − mean) / s), h half the distance of two levels; the darkest level takes everything below
 * it, the brightest everything above. Summed over C·H·W, averaged over the batch; over ln 2 · C·H·W it is bits per dimension.
 *
 * @param images in [−1, 1], of `levels` levels a channel as the loaders give them
 * @param options.levels how many levels there are between −1 and 1 (256)
 * @throws TorchError for shapes that differ
 * @throws UsageError for an unknown reduction
 */
export function discretizedLogisticNll(
  { mean, logScale }: LogisticDecoding,
  images: Tensor,
  { levels = 256, ...options }: PerImageOptions & { readonly levels?: number } = {},
): Tensor {
  sameShape('discretizedLogisticNll', { mean, images });
  if (!Number.isSafeInteger(levels) || levels < 2)
    throw argumentError('discretizedLogisticNll', 'levels to be an integer of at least 2', levels);
  const half = 1 / (levels - 1);
  const inverse = logScale.clamp({ min: LEAST_LOG_SCALE }).neg().exp();
  const centred = images.sub(mean);
  const above = centred.add(half).mul(inverse);
  const below = centred.sub(half).mul(inverse);
  // σ(a) − σ(b) = σ(a) · σ(−b) · (1 − e^(b − a)): nothing cancels, wherever the level lies.
  const darkest = images.lt(half - 1);
  const brightest = images.gt(1 - half);
  const lower = logSigmoid(below.neg()).maskedFill(darkest, 0);
  const upper = logSigmoid(above).maskedFill(brightest, 0);
  const width = expm1(inverse.mul(-2 * half))
    .neg()
    .log()
    .expand(mean.shape)
    .maskedFill(darkest, 0)
    .maskedFill(brightest, 0);
  return reduced('discretizedLogisticNll', perImage(lower.add(upper).add(width)).neg(), options);
}
