import { sizeText } from '../data/image-size';
import type { ImageShape } from '../data/image-spec';
import { UsageError } from '../errors';
import { tensor } from '../tensor/create';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import { colourSpace } from './channels';
import type { PairMetric } from './names';
import { SSIM_WINDOW } from './ssim';

/** By what of them images are compared with what they should be. */
export interface Comparison {
  /**
   * `own`: their own colours; `y`: of RGB images the luma Y of BT.601 in 16–235, by which enlarged images are usually judged (`own`). Distances of
   * features are of their own colours always.
   */
  readonly colours?: 'own' | 'y';
  /** Pixels at each side that do not count (0). */
  readonly border?: number;
}

/** Weights of R, G and B in [0, 1] in Y, and Y of black, in levels of 256. */
const [WEIGHTS, BLACK] = [[65.481, 128.553, 24.966], 16];

/** @throws UsageError for a border that leaves nothing, or less than a metric compares, or that is no whole number of at least 0 */
export function checkComparison(
  { border = 0 }: Comparison,
  { height, width }: ImageShape,
  metrics: readonly PairMetric[],
): void {
  const side = Math.min(height, width);
  const of = `images of ${sizeText({ height, width })}`;
  if (!Number.isInteger(border) || border < 0 || 2 * border >= side)
    throw new UsageError(
      `a border of ${border} pixels on each side leaves nothing of ${of}: expected a whole number from 0 to ${Math.ceil(side / 2) - 1}`,
    );
  if (!metrics.includes('ssim') || side - 2 * border >= SSIM_WINDOW) return;
  const windows = `ssim compares windows of ${SSIM_WINDOW}×${SSIM_WINDOW} pixels`;
  if (side < SSIM_WINDOW) throw new UsageError(`${windows}, but these are ${of}: leave ssim out`);
  const left = sizeText({ height: height - 2 * border, width: width - 2 * border });
  throw new UsageError(
    `${windows}, but a border of ${border} on each side leaves ${left} of ${of}: expected at most ${Math.floor((side - SSIM_WINDOW) / 2)}, or leave ssim out`,
  );
}

/** Images [N, C, H, W] without the border that does not count. */
export function withoutBorder(images: Tensor, { border = 0 }: Comparison): Tensor {
  if (border === 0) return images;
  const [, , height, width] = images.shape;
  return images
    .narrow(2, { start: border, length: height - 2 * border })
    .narrow(3, { start: border, length: width - 2 * border });
}

/**
 * The colours that count of images [N, C, H, W] in [−1, 1]: of RGB, by `y`, Y = 16 + 65.481 R + 128.553 G + 24.966 B of colours in [0, 1], not rounded,
 * as Y / 127.5 − 1 [N, 1, H, W]; else as they are.
 */
export function inComparedColours(images: Tensor, comparison: Comparison): Tensor {
  if (!isLuma(comparison, images.shape[1])) return images;
  return scope(() => {
    const weights = tensor(WEIGHTS, { device: images.device, dtype: 'float64' }).reshape([1, 3, 1, 1]);
    const luma = images.double().add(1).div(2).mul(weights).sum([1], { keepdim: true }).add(BLACK);
    return luma.div(127.5).sub(1);
  });
}

/** What protocols say of colours and border. */
export function comparisonWords(comparison: Comparison, channels: number) {
  return {
    colours: isLuma(comparison, channels) ? 'Y of BT.601, 16–235' : colourSpace(channels),
    border: comparison.border ?? 0,
  };
}

/** Grey has no other luma than itself. */
function isLuma({ colours = 'own' }: Comparison, channels: number): boolean {
  return colours === 'y' && channels === 3;
}
