import type { ImageShape } from '../data/dataset';
import { shapeText } from '../data/image-size';
import type { PartImages } from '../data/part-images';
import { UsageError } from '../errors';
import { convertedImages, datasetImages, type ImageSource } from '../metrics/image-source';
import { imageOrder } from '../metrics/real-images';
import type { Protocol } from '../report/evaluations';
import { scope } from '../tensor/scope';
import { cat } from '../tensor/shapes';
import {
  type GeneratedImages,
  NORMS_IN_WORDS,
  networkProtocol,
  requireShape,
  type SampledNetworks,
} from './generated-images';
import type { ImageSampler } from './image-sampler';

/** The images that a model is shown, and what it makes of them. */
export interface ShownImages {
  readonly sampler: ImageSampler;
  /** The images that are taken in. */
  readonly inputs: PartImages;
  /** Where their holes are, for directions with a mask. */
  readonly masks?: PartImages;
  /** The images that are made. */
  readonly spec: ImageShape;
  /** (the sampler's first) */
  readonly direction?: string;
  /** So many, in the fixed random order of their data set (all). */
  readonly count?: number;
  readonly device: string;
}

/** What {@link translatedImages} makes, and from what. */
export interface TranslatedOptions extends ShownImages, SampledNetworks {
  /** Of dropout that stays on in use (0). */
  readonly seed?: number;
}

/** Pixels that a model is shown at once. */
const AT_ONCE = 2 ** 20;

/**
 * What a sampler makes of the images of a data set, piece by piece, with the labels of those it makes them of. Each is made the same whatever is
 * made with it.
 *
 * @throws UsageError for a direction that the model lacks, or more images than there are
 */
export async function translatedImages(options: TranslatedOptions): Promise<GeneratedImages> {
  const { sampler, networks, spec, seed = 0 } = options;
  const { name } = sampler.direction(options.direction);
  const source = shown(options);
  const holes = holesOf(options);
  const { height, width } = source.spec;
  const part = Math.max(1, Math.floor(AT_ONCE / (height * width)));
  return {
    count: source.count,
    spec,
    ...(source.classes && { classes: source.classes }),
    protocol: {
      ...networkProtocol({ batchNorm: NORMS_IN_WORDS[sampler.norms], ...options }),
      images: 'outputs of the model',
      ...(await inputsProtocol(options)),
    },
    async fetch(start, end) {
      const make = await source.fetch(start, end);
      const makeMasks = await holes?.fetch(start, end);
      return () =>
        scope(() => {
          const masks = makeMasks?.().split(part);
          const made = make()
            .split(part)
            .map((images, i) => {
              const own = { seed: seed + start + i * part, masks: masks?.[i] };
              return sampler.make(networks, images, { direction: name, ...own });
            });
          const images = cat(made);
          requireShape(images.shape, [end - start, spec.channels, spec.height, spec.width]);
          return images;
        });
    },
    dispose() {},
  };
}

/**
 * The images that {@link translatedImages} shows to a model, in the form of those it makes: a base line, what one would have without a model. Holes
 * have the mean colour of what is known of their image.
 *
 * @throws UsageError as that
 */
export async function copiedImages(options: ShownImages): Promise<ImageSource> {
  const { spec } = options;
  const source = shown(options);
  const { scale } = options.sampler;
  const { channels, height, width } = spec;
  const conversion = { channels, height, width, filter: scale > 1 ? ('bicubic' as const) : undefined };
  const isSame = shapeText(source.spec) === shapeText(spec);
  const holes = holesOf(options);
  const whole = holes ? filledByMeans(source, holes) : source;
  const formed = isSame ? whole : convertedImages(whole, conversion);
  return {
    ...formed,
    protocol: {
      ...formed.protocol,
      weights: 'none',
      batchNorm: 'none',
      precision: 'none',
      images: holes
        ? 'the input, its hole in the mean colour of the rest'
        : scale > 1
          ? `copy of the input, enlarged ${scale} times`
          : 'copy of the input',
      ...(await inputsProtocol(options)),
    },
  };
}

/** The images that are taken in, in the order in which they are. */
function shown({ inputs, count = inputs.count, device }: ShownImages): ImageSource {
  if (count > inputs.count)
    throw new UsageError(`expected ${count} images to take in but ${inputs.name} has ${inputs.count}`);
  return datasetImages(inputs, { indices: imageOrder(inputs, count), device });
}

/** The masks of the images that are taken in, in their order. */
function holesOf({ masks, inputs, count = inputs.count, device }: ShownImages): ImageSource | undefined {
  return masks && datasetImages(masks, { indices: imageOrder(inputs, count), device });
}

/** Images whose holes have the mean colour of what is known of each. */
function filledByMeans(source: ImageSource, holes: ImageSource): ImageSource {
  return {
    ...source,
    async fetch(start, end) {
      const [make, makeMasks] = [await source.fetch(start, end), await holes.fetch(start, end)];
      return () =>
        scope(() => {
          const [images, masks] = [make(), makeMasks()];
          const known = masks.neg().add(1);
          const sums = images.mul(known).sum([2, 3], { keepdim: true });
          const means = sums.div(known.sum([2, 3], { keepdim: true }));
          return images.mul(known).add(means.mul(masks));
        });
    },
  };
}

async function inputsProtocol({ sampler, inputs, direction }: ShownImages): Promise<Protocol> {
  const { name, from, to } = sampler.direction(direction);
  return {
    direction: name,
    made: `${to} of ${from}`,
    inputs: inputs.name,
    inputsSha256: await inputs.sha256(),
  };
}
