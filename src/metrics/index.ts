export { bestAssignment } from './assignment';
export { type Authenticity, authenticity } from './authenticity';
export type { Autoencoder, DrawsOptions, Likelihood } from './autoencoder';
export { asBaseLine } from './base-line';
export { type BootstrapOptions, bootstrap, bootstrapMean, type Confidence } from './bootstrap';
export { type CodePurity, codePurity, type LabelAccuracy, labelAccuracy } from './class-agreement';
export { type ClassFrechet, classFrechet, type LabelledFeatures } from './class-frechet';
export type { EvaluationProgress } from './collect';
export type { Comparison } from './comparison';
export { type Detection, detection } from './detection';
export { type Diversity, pairwiseDiversity } from './diversity';
export { type EvaluateOptions, type Evaluation, evaluate, type Judged } from './evaluate';
export { DEFAULT_DRAWS, type EvaluateDataOptions, evaluateData } from './evaluate-data';
export { type EvaluatePairsOptions, evaluatePairs } from './evaluate-pairs';
export { type EvaluatePathsOptions, evaluatePaths } from './evaluate-paths';
export type { Extracted, FeatureExtractor } from './extractor';
export { featureDistance } from './feature-distance';
export { FeatureSet, type FeatureSetOptions } from './feature-set';
export {
  type ClassifierExtractor,
  type ClassifierExtractorOptions,
  classifierExtractor,
} from './features/classifier';
export { CLASSIFIER_RECIPE, type ClassifierRecipe } from './features/classifier-recipe';
export {
  type FeatureProgress,
  type TrainClassifierOptions,
  type TrainedClassifier,
  trainClassifier,
} from './features/classifier-training';
export { type InceptionExtractorOptions, inceptionExtractor } from './features/inception';
export { type ModuleExtractorOptions, moduleExtractor } from './features/module';
export { type OpenFeaturesOptions, openFeatures, usualFeatures } from './features/open';
export type { ResizeFilter } from './features/resize-images';
export { type ScriptExtractorOptions, scriptExtractor } from './features/script';
export { frechetDistance } from './frechet';
export { type FrechetSample, frechetError } from './frechet-error';
export {
  type Conversion,
  convertedImages,
  datasetImages,
  type ImageClasses,
  type ImageSource,
  tensorImages,
} from './image-source';
export { type InceptionScore, inceptionScore } from './inception-score';
export { linearInterpolation, type Path, sphericalInterpolation } from './interpolate';
export { type KernelDistance, type KernelDistanceOptions, kernelDistance } from './kernel-distance';
export {
  type Bits,
  type BitsOptions,
  bitsPerDimension,
  evidenceBound,
  importanceWeightedBound,
} from './likelihood';
export { type ManifoldMetrics, type ManifoldOptions, manifoldMetrics } from './manifold';
export type { Measured } from './measure';
export { FeatureMoments, type Moments } from './moments';
export {
  type DataMetric,
  type ImageMetric,
  METRICS,
  type MetricName,
  type MetricParts,
  metricNames,
  metricParts,
  type PairMetric,
  parseMetrics,
  type TrainingMetric,
} from './names';
export { type Neighbours, nearestNeighbours, neighbourDistances } from './nearest-neighbours';
export { type PathDraw, type PathLength, type PathLengthOptions, pathLength } from './path-length';
export { prepareReal, type RealImages, type RealOptions } from './real-images';
export { type Reconstructed, type ReconstructionErrors, reconstructionErrors } from './reconstruction';
export { type PixelRange, type SimilarImages, type StructuralSimilarity, ssim } from './ssim';
