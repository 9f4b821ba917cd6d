import { ImageDataset, type ImageShape } from '../data/dataset';
import { learnedImages, type NormalImages } from '../data/normal-images';
import { UsageError } from '../errors';
import { avgPool2d } from '../tensor/functional';
import type { Tensor } from '../tensor/tensor';
import type { ScoreOptions, Scorer } from '../training/scorer';
import { type ConfigOf, integer, number, text } from './config';
import type { Recipe } from './recipe';

/**
 * What `--set` reaches of a model that tells how unusual images are: of which images it learns, and from when on it raises an alarm.
 *
 * @param heldOut the share of images that is held out where nobody says
 */
export const oneClassFields = (heldOut: number) => ({
  normal: text('all', {
    pattern: /^(?!!?$).+/s,
    expected: 'all, a class by its name or number, or !CLASS for all but one',
    help: 'learns these images alone: all, a class, or !CLASS for all but one',
  }),
  heldOut: number(heldOut, {
    min: 0,
    max: 0.9,
    help: 'share of the normal images that is not learned but gives the threshold, 0 for those of the test split',
  }),
  falseAlarms: number(0.05, {
    min: 0,
    max: 1,
    resumable: true,
    help: 'share of normal images that may lie above the threshold',
  }),
  window: integer(0, {
    min: 0,
    help: 'judges an image by its most unusual square of so many pixels a side (an odd number), for small defects; 0 by the whole of it',
  }),
});

/** The values of {@link oneClassFields}. */
export type OneClassConfig = ConfigOf<ReturnType<typeof oneClassFields>>;

function normalOf({ normal, heldOut }: OneClassConfig): NormalImages {
  return { normal, heldOut };
}

/** What such a model learns: the normal images without those that are held out. Images to judge by stay as they are. */
export const prepareOneClass: NonNullable<Recipe<ReturnType<typeof oneClassFields>>['prepare']> = (
  dataset,
  config,
  { split, seed },
) =>
  split === 'train' && dataset instanceof ImageDataset
    ? learnedImages(dataset, normalOf(config), seed)
    : dataset;

/**
 * A scorer with what a configuration says of normal images, and of the part of an image that is judged.
 *
 * @throws UsageError for a window that is even, or larger than the images
 */
export function scorerOf(
  config: OneClassConfig,
  images: ImageShape,
  scorer: Omit<Scorer, 'normal' | 'falseAlarms'>,
): Scorer {
  const { falseAlarms, window } = config;
  requireWindow(window, images);
  const judging = window === 0 ? scorer : windowed(scorer, window);
  return { ...judging, normal: normalOf(config), falseAlarms };
}

/**
 * Judges by the map m of a scorer: the score is the largest mean of m² over window × window pixels of the image, the map √(mean m²) over
 * the window around each pixel, as much of it as lies in the image.
 */
function windowed<S extends Omit<Scorer, 'normal' | 'falseAlarms'>>(scorer: S, window: number): S {
  return {
    ...scorer,
    name: `largest mean of map² over ${window}×${window} pixels`,
    score: (images: Tensor, options: ScoreOptions) => {
      const squares = scorer.score(images, options).maps.float().square();
      const kernelSize = window;
      const around = { kernelSize, stride: 1, padding: (window - 1) / 2, countIncludePad: false };
      return {
        scores: avgPool2d(squares, { kernelSize, stride: 1 }).flatten({ startDim: 1 }).amax(1),
        maps: avgPool2d(squares, around).sqrt(),
      };
    },
  };
}

function requireWindow(window: number, { height, width }: ImageShape): void {
  if (window > 0 && window % 2 === 0)
    throw new UsageError(`window expects an odd number, or 0, but received ${window}`);
  if (window > Math.min(height, width))
    throw new UsageError(
      `window expects at most the ${height}×${width} pixels of an image but received ${window}`,
    );
}

/** Mean |made − seen| over the channels: [N, C, H, W] → [N, 1, H, W]. */
export function errorMaps(made: Tensor, seen: Tensor): Tensor {
  return made.float().sub(seen).abs().mean(1, { keepdim: true });
}

/** The mean over all but the batch: [N, …] → [N]. */
export function meanOfEach(values: Tensor): Tensor {
  return values.float().flatten({ startDim: 1 }).mean(1);
}
