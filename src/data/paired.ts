import { UsageError } from '../errors';
import { type DataSpecs, type Dataset, ImageDataset, type SkippedImage } from './dataset';
import { makeLoader } from './image-loader';
import type { ImageShape } from './image-spec';
import type { Loader, LoaderOptions } from './loader';
import { type PixelSource, slicedPixels } from './pixels';

/** What a {@link PairedDataset} is made of. */
export interface PairedDatasetOptions {
  readonly name: string;
  /** The images of each name, all of one size. */
  readonly shapes: Readonly<Record<string, ImageShape>>;
  /** uint8 [N, sum of C, H, W]: the channels of an example's images one after another. */
  readonly pixels: PixelSource;
  readonly skipped?: readonly SkippedImage[];
  readonly notes?: readonly string[];
}

/** Images that belong together: an example has one of each name, and one crop and mirroring for all. */
export class PairedDataset implements Dataset {
  readonly name: string;
  readonly kind = 'pairs';
  readonly specs: DataSpecs;
  readonly count: number;
  readonly pixels: PixelSource;
  readonly parts: Readonly<Record<string, ImageDataset>>;
  readonly skipped: readonly SkippedImage[];
  readonly notes: readonly string[];

  /** @throws UsageError when the images are not all of one size */
  constructor({ name, shapes, pixels, skipped = [], notes = [] }: PairedDatasetOptions) {
    this.name = name;
    this.pixels = pixels;
    this.count = pixels.count;
    this.skipped = skipped;
    this.notes = notes;
    this.specs = Object.fromEntries(
      Object.entries(shapes).map(([key, shape]) => [key, { ...shape, classes: 0 }]),
    );
    this.parts = partsOf(name, pixels, shapes);
  }

  /** Batches of the names, e.g. `a` and `b`. See {@link Dataset.loader}. */
  loader(options: LoaderOptions): Loader {
    const { name, specs, count, pixels } = this;
    return makeLoader({ name, specs, count, pixels, labels: null }, options);
  }
}

function partsOf(
  name: string,
  pixels: PixelSource,
  shapes: Readonly<Record<string, ImageShape>>,
): Record<string, ImageDataset> {
  const [{ height, width }] = Object.values(shapes);
  const parts: Record<string, ImageDataset> = {};
  let start = 0;
  for (const [key, shape] of Object.entries(shapes)) {
    if (shape.height !== height || shape.width !== width)
      throw new UsageError(`data set "${name}": the images of a pair must have one size`);
    const length = shape.channels * height * width;
    const slice = slicedPixels(pixels, { start, length });
    parts[key] = new ImageDataset({ name: `${name} (${key})`, ...shape, pixels: slice });
    start += length;
  }
  return parts;
}
