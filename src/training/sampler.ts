import type { ImageSampler } from './image-sampler';
import type { LatentSampler } from './latent-sampler';

/** How a trained model is used: which of its networks makes images, and of what. Grids, samples and evaluations know nothing else of it. */
export type Sampler = LatentSampler | ImageSampler;
