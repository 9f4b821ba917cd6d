export {
  type AdversarialLoss,
  hinge,
  type LossEnds,
  leastSquares,
  logistic,
  minimax,
  nonSaturating,
  type SmoothingOptions,
  type UnpairedLoss,
  wasserstein,
} from './adversarial';
export { type Critic, differentiable } from './critic';
export { featureMatching } from './feature-matching';
export { focal } from './focal';
export {
  type DraganOptions,
  dragan,
  type GradientPenaltyOptions,
  gradientPenalty,
  gradientSquares,
  r1,
  r2,
} from './gradient-penalty';
export { HistoricalAverage, historicalAverage } from './historical-average';
export {
  auxiliaryClassification,
  categoricalInformation,
  gaussianInformation,
  gaussianKl,
  invariantInformation,
} from './information';
export {
  bernoulliNll,
  discretizedLogisticNll,
  type GaussianDecoding,
  gaussianNll,
  type LogisticDecoding,
} from './likelihood';
export {
  type Combination,
  type Constraint,
  type Finding,
  HAZARDS,
  type Hazard,
  lint,
  refuseHazards,
} from './lint';
export { orthogonality } from './orthogonality';
export type { PerImageOptions } from './per-image';
export { perceptualDistance } from './perceptual';
export {
  binaryCrossEntropyWithLogits,
  type ClassificationOptions,
  crossEntropy,
  huber,
  type LogitsOptions,
  l1,
  maskedL1,
  mse,
  type Reduction,
  type ReductionOptions,
} from './reconstruction';
export {
  clipWeights,
  consistency,
  drift,
  type Lazy,
  lazily,
  type PathLengthOptions,
  pathLength,
} from './regularizers';
export { type Margin, type RelativisticOptions, relativistic, relativisticAverage } from './relativistic';
export { type Term, total, weighted } from './total';
