import { scope } from '../../tensor/scope';
import type { Tensor } from '../../tensor/tensor';
import { channelWords, inChannels } from '../channels';
import type { FeatureExtractor } from '../extractor';

/** Of the channels that a network takes those that keep most of images with `given` ones. */
export function nearestChannels(taken: readonly number[], given: number): number {
  if (taken.includes(given)) return given;
  const kinds = given >= 3 ? [3, 4, 1, 2] : [1, 2, 3, 4];
  return kinds.find((channels) => taken.includes(channels)) ?? given;
}

/**
 * The extractor for images of other channels than it takes: they are converted before, as `resize` says. One that takes them, or does not say
 * what it takes, stays as it is.
 */
export function forChannels(extractor: FeatureExtractor, given: number): FeatureExtractor {
  const { channels: taken = [given] } = extractor;
  const channels = nearestChannels(taken, given);
  if (channels === given) return extractor;
  const converted = <T>(images: Tensor, body: (images: Tensor) => T): T =>
    scope(() => body(inChannels(images, channels)));
  return {
    name: extractor.name,
    sha256: extractor.sha256,
    ...(extractor.trial !== undefined && { trial: extractor.trial }),
    dimensions: extractor.dimensions,
    classes: extractor.classes,
    channels: [given],
    resize: `${channelWords(given, channels)}; ${extractor.resize}`,
    ...(extractor.mapsResize && {
      mapsResize: `${channelWords(given, channels)}; ${extractor.mapsResize}`,
    }),
    extract: (images) => converted(images, (formed) => extractor.extract(formed)),
    ...(extractor.maps && {
      maps: (images: Tensor) => converted(images, (formed) => extractor.maps?.(formed) ?? []),
    }),
    ...(extractor.responses &&
      canBeConverted(given, channels) && {
        responses: (images: Tensor) => extractor.responses?.(differentiably(images, channels)) ?? [],
      }),
    dispose: () => extractor.dispose(),
  };
}

/** Between grey and RGB, where no transparency is to be laid on anything. */
function canBeConverted(from: number, to: number): boolean {
  return [from, to].every((channels) => channels === 1 || channels === 3);
}

/** {@link inChannels} without numbers from the host, so that a CUDA graph can hold it. */
function differentiably(images: Tensor, channels: number): Tensor {
  if (channels === 3) return images.repeat([1, 3, 1, 1]);
  const [red, green, blue] = images.split(1, 1);
  return red.mul(0.299).add(green, { alpha: 0.587 }).add(blue, { alpha: 0.114 });
}
