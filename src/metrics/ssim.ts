import { argumentError, numberBetween } from '../check';
import { noGrad } from '../tensor/autograd';
import { scope } from '../tensor/scope';
import { cat } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';
import { meanOf } from './statistics';

/** How alike images are in structure. */
export interface StructuralSimilarity {
  /** The mean over the images that have a window that counts: 1 for equal ones. */
  readonly mean: number;
  /** NaN where no window counts: the mask marks nothing, or nothing but the 5 pixels along the border. */
  readonly perImage: Float64Array;
}

/** Pixels along each side of the window. */
export const SSIM_WINDOW = 11;
/** σ of its Gaussian. */
const SIGMA = 1.5;

const WEIGHTS = gaussian();

/** Images [N, C, H, W], and what they should be. */
export interface SimilarImages {
  readonly images: Tensor;
  readonly references: Tensor;
  /** Masks [N, 1, H, W] of 1 where windows count that have their middle there, and 0 elsewhere (everywhere). */
  readonly masks?: Tensor;
}

/** What black and white are in images. */
export interface PixelRange {
  /** Black: −1 in images in [−1, 1], 0 in 8-bit ones (−1). */
  readonly black?: number;
  /** How far white is from it: 2, or 255 (2). */
  readonly range?: number;
}

/** What keeps the quotients from 0 / 0, in parts of the range. */
const [K1, K2] = [0.01, 0.03];

/** Numbers that are worked on at once: 8 MiB in float64, and about twenty times that for what comes of them. */
const AT_ONCE = 2 ** 20;

/**
 * Structural similarity (Wang et al. 2004) of images [N, C, H, W] with their references, in float64. In each window of 11 × 11 pixels that
 * lies inside the image, weighted by a Gaussian of σ = 1.5 pixels,
 *
 * SSIM = (2 μₓμᵧ + c₁)(2 σₓᵧ + c₂) / ((μₓ² + μᵧ² + c₁)(σₓ² + σᵧ² + c₂)), c₁ = (0.01 · range)², c₂ = (0.03 · range)²;
 *
 * where x and y are counted from black, as in 8-bit images; an image's is the mean over windows and channels. It is between −1 and 1. Figures agree with those of scikit-image for
 * `gaussian_weights=True, sigma=1.5, use_sample_covariance=False`.
 *
 * @throws UsageError for different shapes, no images, or fewer than 11 × 11 pixels
 */
export function ssim(
  { images, references, masks }: SimilarImages,
  { black = -1, range = 2 }: PixelRange = {},
): StructuralSimilarity {
  numberBetween('ssim', 'range', range, { min: Number.MIN_VALUE });
  const { shape } = images;
  if (`${shape}` !== `${references.shape}`)
    throw argumentError('ssim', `references [${shape.join(', ')}]`, [...references.shape]);
  if (shape.length !== 4 || images.numel === 0 || shape[2] < SSIM_WINDOW || shape[3] < SSIM_WINDOW)
    throw argumentError('ssim', `images [N, C, H, W] of at least ${SSIM_WINDOW} × ${SSIM_WINDOW} pixels`, [
      ...shape,
    ]);
  const part = Math.max(1, Math.floor((AT_ONCE * shape[0]) / images.numel));
  const perImage = noGrad(() =>
    scope(() => {
      const others = references.split(part);
      const counting = masks?.split(part);
      return images
        .split(part)
        .flatMap((some, i) =>
          scope(() => [
            ...similarities(
              { images: some, references: others[i], masks: counting?.[i] },
              { black, range },
            ).toTypedArray(),
          ]),
        );
    }),
  );
  const values = Float64Array.from(perImage, Number);
  const windows = masks && scope(() => middles(masks).sum([1, 2, 3]).toTypedArray());
  const counted = windows ? values.filter((_, i) => windows[i] > 0) : values;
  return { mean: meanOf(counted), perImage: values };
}

/** Each image's similarity [N]. */
function similarities(
  { images, references, masks }: SimilarImages,
  { black, range }: Required<PixelRange>,
): Tensor {
  const [count, , height, width] = images.shape;
  const [x, y] = [images, references].map((each) => each.double().sub(black).reshape([-1, 1, height, width]));
  const moments = cat([x, y, x.square(), y.square(), x.mul(y)]);
  const [meanX, meanY, squareX, squareY, product] = smoothed(smoothed(moments, 2), 3).chunk(5);
  const [c1, c2] = [(K1 * range) ** 2, (K2 * range) ** 2];
  const means = meanX.mul(meanY);
  const squaredMeans = meanX.square().add(meanY.square());
  const variances = squareX.add(squareY).sub(squaredMeans);
  const luminance = means.mul(2).add(c1).div(squaredMeans.add(c1));
  const structure = product.sub(means).mul(2).add(c2).div(variances.add(c2));
  const map = luminance.mul(structure);
  return masks ? meanWhere(map, masks) : map.reshape([count, -1]).mean(1);
}

/** Over the windows whose middle is marked: a map [N · C, 1, h, w] of them → [N]. */
function meanWhere(map: Tensor, masks: Tensor): Tensor {
  const [, , height, width] = map.shape;
  const counts = middles(masks);
  return map
    .reshape([masks.shape[0], -1, height, width])
    .mean([1], { keepdim: true })
    .mul(counts)
    .sum([1, 2, 3])
    .div(counts.sum([1, 2, 3]));
}

/** What is marked of where windows have their middle: masks [N, 1, H, W] → float64 [N, 1, h, w]. */
function middles(masks: Tensor): Tensor {
  const [, , height, width] = masks.shape;
  const start = (SSIM_WINDOW - 1) / 2;
  return masks
    .double()
    .narrow(2, { start, length: height - SSIM_WINDOW + 1 })
    .narrow(3, { start, length: width - SSIM_WINDOW + 1 });
}

/** Means weighted by the window along `dim`, where it lies inside: a sum of moved maps, for LibTorch has no fast convolution in float64. */
function smoothed(maps: Tensor, dim: number): Tensor {
  const length = maps.shape[dim] - SSIM_WINDOW + 1;
  return scope(() => {
    const [first, ...others] = WEIGHTS.map((_, start) => maps.narrow(dim, { start, length }));
    const sum = first.mul(WEIGHTS[0]);
    for (const [i, moved] of others.entries()) sum.add_(moved, { alpha: WEIGHTS[i + 1] });
    return sum;
  });
}

/** The window's weights along one side, which sum to 1. */
function gaussian(): number[] {
  const weights = Array.from({ length: SSIM_WINDOW }, (_, i) =>
    Math.exp(-((i - (SSIM_WINDOW - 1) / 2) ** 2) / (2 * SIGMA ** 2)),
  );
  const sum = weights.reduce((total, weight) => total + weight);
  return weights.map((weight) => weight / sum);
}
