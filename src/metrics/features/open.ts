import type { ImageDataset } from '../../data/dataset';
import { UsageError } from '../../errors';
import type { FeatureExtractor } from '../extractor';
import { type ClassifierExtractorOptions, classifierExtractor } from './classifier';

/** Options of {@link openFeatures}. */
export interface OpenFeaturesOptions extends Omit<ClassifierExtractorOptions, 'recipe'> {
  /** The real images: what a classifier is trained on. */
  readonly dataset: ImageDataset;
}

/**
 * The feature network that `--features` names: `classifier` (trained on the data set when it is asked for first).
 *
 * @throws ERR_USAGE for an unknown name, and what {@link classifierExtractor} throws
 */
export async function openFeatures(
  features: string,
  { dataset, ...options }: OpenFeaturesOptions,
): Promise<FeatureExtractor> {
  if (features === 'classifier') return classifierExtractor(dataset, options);
  throw new UsageError(`there is no feature network "${features}": known is classifier`);
}
