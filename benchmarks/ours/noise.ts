import { data, recipes } from '../../src';
import { parseConfig } from '../../src/recipes/config';
import type { NetworkSizes } from '../task';
import { settingsOf } from './settings';

/** Images of a training's data set: as many in every participant, and enough for two batches. */
export function noiseCount(batch: number): number {
  return Math.max(512, 2 * batch);
}

/** Images of evenly spread bytes. */
export function noise(shape: data.ImageShape, count: number): data.ImageDataset {
  return new data.ImageDataset({ name: 'noise', ...shape, pixels: bytes(shape, count) });
}

/** What a model is trained on: images, pairs of them, images of two domains, or what its recipe makes of images. */
export function noiseFor(sizes: NetworkSizes, count: number): data.Dataset {
  const { model, channels, resolution } = sizes;
  const size = { height: resolution, width: resolution };
  const shape = { channels, ...size };
  switch (model) {
    case 'pix2pix': {
      const pixels = bytes({ channels: 2 * channels, ...size }, count);
      return new data.PairedDataset({
        name: 'noise',
        channels: { a: channels, b: channels },
        ...size,
        pixels,
      });
    }
    case 'cyclegan':
      return new data.UnpairedDataset({ name: 'noise', a: noise(shape, count), b: noise(shape, count) });
    case 'projection': {
      const { classes } = sizes;
      const labels = Uint8Array.from({ length: count }, (_, i) => i % classes);
      const classNames = Array.from({ length: classes }, (_, i) => `${i}`);
      return new data.ImageDataset({
        name: 'noise',
        ...shape,
        pixels: bytes(shape, count),
        labels,
        classNames,
      });
    }
    default: {
      const { fields, prepare } = recipes[model];
      const images = noise(shape, count);
      const config = parseConfig(fields, { set: settingsOf(sizes) });
      return prepare?.(images, config, { split: 'train', seed: 1 }) ?? images;
    }
  }
}

function bytes({ channels, height, width }: data.ImageShape, count: number): Uint8Array {
  const pixels = new Uint8Array(count * channels * height * width);
  const { imul } = Math;
  for (let i = 0; i < pixels.length; i++) pixels[i] = imul(i, 2654435761) >>> 24;
  return pixels;
}
