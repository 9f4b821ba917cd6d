import { ImageDataset } from '../data/dataset';
import { learnedImages, type NormalImages } from '../data/normal-images';
import type { Tensor } from '../tensor/tensor';
import type { Scorer } from '../training/scorer';
import { type ConfigOf, number, text } from './config';
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

/** A scorer with what a configuration says of normal images. */
export function scorerOf(config: OneClassConfig, scorer: Omit<Scorer, 'normal' | 'falseAlarms'>): Scorer {
  return { ...scorer, normal: normalOf(config), falseAlarms: config.falseAlarms };
}

/** Mean |made − seen| over the channels: [N, C, H, W] → [N, 1, H, W]. */
export function errorMaps(made: Tensor, seen: Tensor): Tensor {
  return made.float().sub(seen).abs().mean(1, { keepdim: true });
}

/** The mean over all but the batch: [N, …] → [N]. */
export function meanOfEach(values: Tensor): Tensor {
  return values.float().flatten({ startDim: 1 }).mean(1);
}
