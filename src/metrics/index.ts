export { FeatureSet, type FeatureSetOptions } from './feature-set';
export { frechetDistance } from './frechet';
export { type KernelDistance, type KernelDistanceOptions, kernelDistance } from './kernel-distance';
export { type ManifoldMetrics, type ManifoldOptions, manifoldMetrics } from './manifold';
export { FeatureMoments, type Moments } from './moments';
export { type Neighbours, nearestNeighbours, neighbourDistances } from './nearest-neighbours';
