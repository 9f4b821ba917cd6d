export {
  type AdversarialLoss,
  hinge,
  leastSquares,
  logistic,
  minimax,
  nonSaturating,
  type SmoothingOptions,
  type UnpairedLoss,
  wasserstein,
} from './adversarial';
export { featureMatching } from './feature-matching';
export {
  auxiliaryClassification,
  categoricalInformation,
  gaussianInformation,
  gaussianKl,
} from './information';
export {
  bernoulliNll,
  discretizedLogisticNll,
  type GaussianDecoding,
  gaussianNll,
  type LogisticDecoding,
} from './likelihood';
export type { PerImageOptions } from './per-image';
export {
  binaryCrossEntropyWithLogits,
  type ClassificationOptions,
  crossEntropy,
  huber,
  type LogitsOptions,
  l1,
  mse,
  type Reduction,
  type ReductionOptions,
} from './reconstruction';
export { type Margin, type RelativisticOptions, relativistic, relativisticAverage } from './relativistic';
export { type Term, total, weighted } from './total';
