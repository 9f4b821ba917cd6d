export {
  type AdversarialLoss,
  hinge,
  leastSquares,
  minimax,
  nonSaturating,
  type SmoothingOptions,
  wasserstein,
} from './adversarial';
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
