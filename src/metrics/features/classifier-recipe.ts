/** How a feature classifier is trained: every number that its weights depend on, beside the data. */
export interface ClassifierRecipe {
  /** Raised by every change of the code that changes the weights. */
  readonly version: number;
  /** Channels after the first convolution. */
  readonly width: number;
  /** Numbers in a feature vector. */
  readonly dimensions: number;
  readonly batch: number;
  /** Passes over the data set … */
  readonly passes: number;
  /** … and images shown in all, at least: small sets are seen more often. */
  readonly leastImages: number;
  /** … and at most: large sets are not seen whole. */
  readonly mostImages: number;
  /** The highest learning rate of AdamW; it rises over the first part of the steps, then falls to 0 by a cosine. */
  readonly lr: number;
  /** The part of the steps in which the learning rate rises. */
  readonly warmUp: number;
  readonly weightDecay: number;
  /** Pixels that images are moved by at most. */
  readonly shift: number;
  /** Of the initial weights, the order of the images, the shifts, and the choice of the held-out tenth. */
  readonly seed: number;
}

/** The recipe of every classifier whose features `--features classifier` gives. */
export const CLASSIFIER_RECIPE: ClassifierRecipe = {
  version: 1,
  width: 32,
  dimensions: 128,
  batch: 128,
  passes: 4,
  leastImages: 100_000,
  mostImages: 400_000,
  lr: 4e-3,
  warmUp: 0.15,
  weightDecay: 0.05,
  shift: 2,
  seed: 1,
};

/** Steps of a training on `count` images; a set smaller than a batch is one. */
export function classifierSteps(
  { batch, passes, leastImages, mostImages }: ClassifierRecipe,
  count: number,
): number {
  return Math.ceil(Math.min(mostImages, Math.max(leastImages, passes * count)) / Math.min(batch, count));
}
