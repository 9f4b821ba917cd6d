import type { ImageShape } from '../data/dataset';
import type { PartImages } from '../data/part-images';
import { UsageError } from '../errors';
import type { Protocol } from '../report/evaluations';
import type { Tensor } from '../tensor/tensor';
import { channelWords, inChannels, requireChannels } from './channels';
import { resizeImages, resizeWords } from './features/resize-images';

/** What is known of the classes of images. */
export interface ImageClasses {
  /** How many there are. */
  readonly count: number;
  /** `labels` of a data set, or values of a `code` that a model gave a meaning of its own. */
  readonly kind: 'labels' | 'code';
  /** What labels are called, in their order (not known). */
  readonly names?: readonly string[];
}

/** Images to be judged, made or read in pieces. */
export interface ImageSource {
  readonly count: number;
  readonly spec: ImageShape;
  /** What is known of how they were made, for the protocol of figures: weights, truncation, … */
  readonly protocol?: Protocol;
  /** What the images were made as, or are labelled: the class of each, in their order (not known). */
  readonly classes?: ImageClasses & { readonly ofImages: Int32Array };
  /** Reads what images `start` … `end` − 1 need; the function makes them, float32 [end − start, C, H, W] in [−1, 1], in the caller's scope. */
  fetch(start: number, end: number): Promise<() => Tensor>;
}

/**
 * Images of a data set.
 *
 * @param options.indices - which of them, in this order (all)
 * @param options.device - where they are made (cpu)
 */
export function datasetImages(
  dataset: PartImages,
  { indices, device = 'cpu' }: { readonly indices?: Int32Array; readonly device?: string } = {},
): ImageSource {
  const { labels, spec, classNames: names } = dataset;
  const ofImages = labels && indices ? indices.map((index) => labels[index]) : labels;
  return {
    count: indices?.length ?? dataset.count,
    spec,
    ...(ofImages && { classes: { count: spec.classes, kind: 'labels', names, ofImages } }),
    async fetch(start, end) {
      const wanted =
        indices?.subarray(start, end) ?? Int32Array.from({ length: end - start }, (_, i) => start + i);
      return dataset.fetch(wanted, device);
    },
  };
}

/**
 * Images in a tensor float32 [N, C, H, W] in [−1, 1], which stays the caller's.
 *
 * @throws UsageError for a tensor of another shape
 */
export function tensorImages(images: Tensor): ImageSource {
  const [count, channels, height, width] = images.shape;
  if (count === 0) throw new UsageError('expected at least one image but received none');
  if (images.shape.length !== 4 || images.shape.includes(0))
    throw new UsageError(
      `expected images [N, C, H, W] but received a tensor of shape [${images.shape.join(', ')}]`,
    );
  return {
    count,
    spec: { channels, height, width },
    fetch: async (start, end) => () => images.narrow(0, { start, length: end - start }),
  };
}

/** How {@link convertedImages} brings images to another form. */
export interface Conversion extends ImageShape {
  /** (bilinear) */
  readonly filter?: 'bilinear' | 'bicubic';
}

/** {@link Conversion} in words, for protocols. */
export function describeConversion(
  from: ImageSource['spec'],
  { channels, height, width, filter = 'bilinear' }: Conversion,
): string {
  const same = from.height === height && from.width === width;
  const size = same ? '' : resizeWords({ size: { height, width }, filter });
  return [channelWords(from.channels, channels), size].filter((part) => part !== '').join('; ');
}

/**
 * Images at another size, antialiased, and of other channels: grey of colours is Rec. 601’s, colours of grey are three times the same.
 *
 * @throws UsageError for channels other than 1 to 4
 */
export function convertedImages(source: ImageSource, conversion: Conversion): ImageSource {
  const { channels, height, width, filter = 'bilinear' } = conversion;
  const from = source.spec;
  requireChannels(from.channels, channels);
  return {
    count: source.count,
    spec: { channels, height, width },
    protocol: { ...source.protocol, converted: describeConversion(from, conversion) },
    ...(source.classes && { classes: source.classes }),
    async fetch(start, end) {
      const make = await source.fetch(start, end);
      return () => resizeImages(inChannels(make(), channels), { size: { height, width }, filter });
    },
  };
}
