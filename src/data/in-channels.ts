import { type ConvertImage, convertedPixels } from './converted-pixels';
import { ImageDataset } from './dataset';
import { hasAlpha, type ImageSpec } from './image-spec';
import { luma } from './luma';

/**
 * A data set in other channels: grey is repeated for RGB, RGB becomes its {@link luma}, new alpha is opaque and alpha that is not asked
 * for lays its image on white; itself where it has them.
 */
export function inChannels(dataset: ImageDataset, channels: number): ImageDataset {
  const { name, spec, pixels, labels, classNames, skipped, notes, path } = dataset;
  if (spec.channels === channels) return dataset;
  const { height, width } = spec;
  return new ImageDataset({
    name,
    channels,
    height,
    width,
    pixels: convertedPixels(pixels, {
      imageBytes: channels * height * width,
      convert: channelsConverter(spec, channels),
    }),
    labels,
    classNames,
    skipped,
    notes,
    path,
  });
}

function channelsConverter({ channels: from, height, width }: ImageSpec, to: number): ConvertImage {
  const area = height * width;
  const keepsAlpha = hasAlpha(to);
  const colours = from < 3 ? 1 : 3;
  const wanted = to < 3 ? 1 : 3;
  return (image, target, offset) => {
    for (let i = 0; i < area; i++) {
      const alpha = hasAlpha(from) ? image[(from - 1) * area + i] : 255;
      const cover = keepsAlpha ? 1 : alpha / 255;
      const seen = (c: number) => Math.round(255 + (image[(colours === 1 ? 0 : c) * area + i] - 255) * cover);
      if (wanted === 1) target[offset + i] = luma(seen(0), seen(1), seen(2));
      else for (let c = 0; c < 3; c++) target[offset + c * area + i] = seen(c);
      if (keepsAlpha) target[offset + (to - 1) * area + i] = alpha;
    }
  };
}
