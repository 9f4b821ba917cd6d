import { argumentError, numberBetween } from '../check';
import { noGrad } from '../tensor/autograd';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import { meanOf } from './statistics';

/** The PSNR that evaluations count for an image that is met exactly, whose own is infinite, in dB; others count as this at most, too. */
export const MOST_PSNR = 100;

/** That, in words for protocols. */
export const PSNR_WORDS = `of each image, at most ${MOST_PSNR} dB`;

/** How well images were reconstructed: means over the images, and each one's own figures, NaN where its mask marks nothing, which no mean counts. */
export interface ReconstructionErrors {
  /** The mean squared error. */
  readonly mse: number;
  /** The mean absolute error. */
  readonly mae: number;
  /** The mean of the images' peak signal-to-noise ratios, in dB; Infinity where an image is met exactly. */
  readonly psnr: number;
  readonly perImage: Readonly<Record<'mse' | 'mae' | 'psnr', Float64Array>>;
}

/** Images [N, …] and what they were reconstructed as. */
export interface Reconstructed {
  readonly images: Tensor;
  readonly reconstructions: Tensor;
  /** Masks [N, 1, H, W] of images [N, C, H, W]: 1 where they count, and 0 elsewhere (everywhere). */
  readonly masks?: Tensor;
}

/**
 * Errors of reconstructions against images [N, …] of one shape, in float64: of each image mse = mean (x − y)²,
 * mae = mean |x − y| and psnr = 10 log₁₀(range² / mse), and their means over the images.
 *
 * @param options.range - How far white is from black: 2 for images in [−1, 1] (2).
 * @throws UsageError for different shapes, or no images
 */
export function reconstructionErrors(
  { images, reconstructions, masks }: Reconstructed,
  { range = 2 }: { readonly range?: number } = {},
): ReconstructionErrors {
  numberBetween('reconstructionErrors', 'range', range, { min: Number.MIN_VALUE });
  const { shape } = images;
  if (`${shape}` !== `${reconstructions.shape}`)
    throw argumentError('reconstructionErrors', `reconstructions [${shape}]`, [...reconstructions.shape]);
  if (shape.length < 2 || images.numel === 0)
    throw argumentError('reconstructionErrors', 'images [N, …], at least one', [...shape]);
  const [mse, mae] = noGrad(() =>
    scope(() => {
      const residual = images.double().sub(reconstructions.double());
      return [residual.square(), residual.abs()].map((each) =>
        Float64Array.from(meanOver(each, masks).toTypedArray(), Number),
      );
    }),
  );
  const psnr = mse.map((error) => 10 * Math.log10(range ** 2 / error));
  const marked = masks && scope(() => masks.double().sum([1, 2, 3]).toTypedArray());
  const mean = (values: Float64Array) => meanOf(marked ? values.filter((_, i) => marked[i] > 0) : values);
  return { mse: mean(mse), mae: mean(mae), psnr: mean(psnr), perImage: { mse, mae, psnr } };
}

/** Each image's mean [N], over what is marked. */
function meanOver(values: Tensor, masks: Tensor | undefined): Tensor {
  if (!masks) return values.flatten({ startDim: 1 }).mean(1);
  const counts = masks.double();
  const shares = values.mean([1], { keepdim: true }).mul(counts);
  return shares.sum([1, 2, 3]).div(counts.sum([1, 2, 3]));
}
