import { contentHash } from '../data/content-hash';
import type { ImageDataset, ImageShape } from '../data/dataset';
import { UsageError } from '../errors';
import { datasetImages } from '../metrics/image-source';
import {
  type GeneratedImages,
  NORMS_IN_WORDS,
  networkProtocol,
  requireShape,
  type SampledNetworks,
} from './generated-images';
import type { ImageSampler } from './image-sampler';

/** What {@link translatedImages} makes, and from what. */
export interface TranslatedOptions extends SampledNetworks {
  readonly sampler: ImageSampler;
  /** The images that are taken in. */
  readonly inputs: ImageDataset;
  /** The images that are made. */
  readonly spec: ImageShape;
  /** (the sampler's first) */
  readonly direction?: string;
  /** The first so many (all). */
  readonly count?: number;
  /** Of dropout that stays on in use (0). */
  readonly seed?: number;
}

/**
 * What a sampler makes of the images of a data set, piece by piece, with the labels of those it makes them of.
 *
 * @throws UsageError for a direction that the model lacks, or more images than there are
 */
export async function translatedImages(options: TranslatedOptions): Promise<GeneratedImages> {
  const { sampler, networks, inputs, spec, device, seed = 0 } = options;
  const { name, from, to } = sampler.direction(options.direction);
  const { count = inputs.count } = options;
  if (count > inputs.count)
    throw new UsageError(`expected ${count} images to take in but ${inputs.name} has ${inputs.count}`);
  const source = datasetImages(inputs, { device });
  return {
    count,
    spec,
    ...(source.classes && { classes: source.classes }),
    protocol: {
      ...networkProtocol({ batchNorm: NORMS_IN_WORDS[sampler.norms], ...options }),
      made: `${to} of ${from}`,
      inputs: inputs.name,
      inputsSha256: await contentHash(inputs),
    },
    async fetch(start, end) {
      const make = await source.fetch(start, end);
      return () => {
        // The seed is the first image's: one is made the same in whatever piece it comes.
        const images = sampler.make(networks, make(), { direction: name, seed: seed + start });
        requireShape(images.shape, [end - start, spec.channels, spec.height, spec.width]);
        return images;
      };
    },
    dispose() {},
  };
}
