import type { PartImages } from '../data/part-images';
import type { EvaluationProgress } from '../metrics/collect';
import type { FeatureExtractor } from '../metrics/extractor';
import type { TrainingMetric } from '../metrics/names';
import type { Protocol } from '../report/evaluations';

/** How a training is judged on its way. */
export interface EvaluationOptions {
  /** The images to compare with; usually those that are learned. Of metrics of pairs, what should be made of each of `inputs`. */
  readonly real: PartImages;
  /** The images that a model which takes images in is judged by: usually of a split that is not learned. */
  readonly inputs?: PartImages;
  /** Where the holes of those are, for a model that fills them. */
  readonly masks?: PartImages;
  /** Which way such a model goes (its first). */
  readonly direction?: string;
  /** The feature network, for metrics that need one: it stays the caller's. */
  readonly features?: FeatureExtractor;
  /** How a command line names it: kept in config.json, for resumes (its own name). */
  readonly featuresFrom?: string;
  /** Steps between evaluations (1,000); one more comes at the end. */
  readonly every?: number;
  /** Those of sets of images, or those of pairs (fid). */
  readonly metrics?: readonly TrainingMetric[];
  /** Generated images to judge (5,000). */
  readonly count?: number;
  /** The number that decides which weights are best: one of those that the metrics give (the first). */
  readonly bestBy?: string;
  /** What the protocol of each row should say besides, e.g. which split the real images are. */
  readonly protocol?: Protocol;
  /** Told what a user should know, e.g. that the images are too few for a FID, or that kept statistics were damaged. */
  readonly onNote?: (note: string) => void;
  /** Hears of real images that pass the feature network before the training. */
  readonly onProgress?: (progress: EvaluationProgress) => void;
}
