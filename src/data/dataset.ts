import { resolve } from 'node:path';
import { GanError, UsageError } from '../errors';
import { arrayName, isBytes } from '../io/bytes';
import { fromBytes } from '../tensor/create';
import type { Tensor } from '../tensor/tensor';
import { checkIndices } from './check-indices';
import { classesOf } from './classes-of';
import { contentHash } from './content-hash';
import { type DataIdentity, identityOf } from './identity';
import { makeLoader } from './image-loader';
import { shapeText } from './image-size';
import type { DataSpecs, ImageShape, ImageSpec } from './image-spec';
import { ofBytes } from './levels';
import type { Loader, LoaderOptions } from './loader';
import type { PartImages } from './part-images';
import { memoryPixels, type PixelSource } from './pixels';

export type { DataSpecs, ImageShape, ImageSpec } from './image-spec';

/** What a data set gives for each example: images alone, two images that belong together, or images of two domains. */
export type DataKind = 'images' | 'pairs' | 'unpaired';

/** Examples to learn from, in batches of tensors by name. */
export interface Dataset {
  /** As in `--dataset NAME`: it is written into checkpoints. */
  readonly name: string;
  readonly kind: DataKind;
  readonly specs: DataSpecs;
  /** Examples that one pass goes through. */
  readonly count: number;
  /** The images of each name, each in an order that stays; in pairs index for index. */
  readonly parts: Readonly<Record<string, PartImages>>;
  /** Images that were left out, for reports. */
  readonly skipped: readonly SkippedImage[];
  /** What else was left out, in sentences for the user. */
  readonly notes: readonly string[];
  /** What its images are: their classes and, of those of files, where they lie and their hash. Reads all of them. */
  identity(): Promise<DataIdentity>;
  /**
   * An endless stream of batches in a new random order each epoch.
   * @throws ERR_USAGE when the batch is no positive integer or larger than the set.
   */
  loader(options: LoaderOptions): Loader;
}

/** An image left out of a data set because it could not be decoded. */
export interface SkippedImage {
  readonly file: string;
  readonly reason: string;
}

/** What an {@link ImageDataset} is made of. */
export interface ImageDatasetOptions extends ImageShape {
  /** As in `--dataset NAME`: it is written into checkpoints. */
  readonly name: string;
  /** uint8 images [N, C, H, W], 0–255, in memory or elsewhere. */
  readonly pixels: Uint8Array | PixelSource;
  /** Class of every image, 0 … classes − 1; null or absent = unlabelled. Ids of another kind are no classes: number those that there are. */
  readonly labels?: ArrayLike<number> | null;
  /** One name a class; '0', '1', … up to the largest label when absent. */
  readonly classNames?: readonly string[];
  /** Images that were left out, for reports. */
  readonly skipped?: readonly SkippedImage[];
  /** What else was left out, in sentences for the user. */
  readonly notes?: readonly string[];
  /** The folder that the images are read from, for those of files. */
  readonly path?: string | null;
}

/**
 * uint8 images [N, C, H, W] of one size with a label each, or none.
 *
 * ```ts
 * const mine = new ImageDataset({ name: 'mine', channels: 1, height: 32, width: 32, pixels, labels });
 * const loader = mine.loader({ batch: 64, seed: 1 });
 * ```
 * @throws ERR_USAGE when pixels, labels and class names do not fit together, and for labels that are no classes.
 */
export class ImageDataset implements Dataset, PartImages {
  readonly name: string;
  readonly kind = 'images';
  readonly spec: ImageSpec;
  /** Number of images. */
  readonly count: number;
  readonly pixels: PixelSource;
  /** Class of every image, or null where there are no labels. */
  readonly labels: Int32Array | null;
  readonly classNames: readonly string[];
  readonly skipped: readonly SkippedImage[];
  readonly notes: readonly string[];
  /** Absolute path of the folder that the images are read from; null where there is none. */
  readonly path: string | null;

  constructor(options: ImageDatasetOptions) {
    const { name, channels, height, width, pixels, labels, classNames, skipped = [], notes = [] } = options;
    if (![channels, height, width].every((size) => Number.isInteger(size) && size > 0))
      throw new UsageError(
        `data set "${name}": channels, height and width must be positive integers, got ${channels}, ${height} and ${width}`,
      );
    const imageBytes = channels * height * width;
    if (ArrayBuffer.isView(pixels) ? !isBytes(pixels) : !isSource(pixels))
      throw new UsageError(
        `data set "${name}": expected pixels as bytes from 0 to 255 in a Uint8Array, but got ${arrayName(pixels)}: scale and round others first`,
      );
    this.name = name;
    this.pixels = ArrayBuffer.isView(pixels) ? memoryPixels(pixels, imageBytes) : pixels;
    this.count = this.pixels.count;
    if (!Number.isInteger(this.count) || this.pixels.imageBytes !== imageBytes)
      throw new UsageError(
        `data set "${name}": ${shapeText({ channels, height, width })} images take ${imageBytes} bytes each, but ${this.count * this.pixels.imageBytes} bytes came`,
      );
    if (this.count === 0) throw new GanError('ERR_DATA_EMPTY', `data set "${name}" has no images`);
    const classes = labels ? classesOf(labels, { name, count: this.count, classNames }) : null;
    this.labels = classes?.labels ?? null;
    this.classNames = classes?.classNames ?? [];
    this.skipped = skipped;
    this.notes = notes;
    this.path = options.path ? resolve(options.path) : null;
    this.spec = { channels, height, width, classes: this.classNames.length };
  }

  get specs(): DataSpecs {
    return { images: this.spec };
  }

  get parts(): Readonly<Record<string, ImageDataset>> {
    return { images: this };
  }

  /** Number of images of each class, in the order of `classNames`; empty when unlabelled. */
  histogram(): number[] {
    const counts = this.classNames.map(() => 0);
    for (const label of this.labels ?? []) counts[label]++;
    return counts;
  }

  /**
   * Copies the images at `indices`, uint8 [indices.length, C, H, W], out of the set.
   *
   * @throws UsageError for an index that it has not
   */
  async images(indices: ArrayLike<number>): Promise<Uint8Array> {
    checkIndices(this, indices);
    const reader = await this.pixels.open();
    try {
      return await reader.read(Int32Array.from(indices));
    } finally {
      await reader.close();
    }
  }

  /** Of the pixels: {@link PartImages.sha256}. */
  sha256(): Promise<string> {
    return contentHash(this);
  }

  /** The images at `indices`, with all values in [−1, 1]: {@link PartImages.fetch}. @throws UsageError for an index that it has not */
  async fetch(indices: Int32Array, device: string): Promise<() => Tensor> {
    const { channels, height, width } = this.spec;
    const bytes = await this.images(indices);
    const shape = [indices.length, channels, height, width];
    return () => ofBytes(fromBytes(bytes, { dtype: 'uint8', shape, device }));
  }

  async identity(): Promise<DataIdentity> {
    return { images: await identityOf(this) };
  }

  /** Batches of `images` and, where there are some, `labels`. See {@link Dataset.loader}. */
  loader(options: LoaderOptions): Loader {
    return makeLoader(this, options);
  }
}

/**
 * The images of a data set under a name in its batches, as a set of their own: what a classifier can learn from.
 *
 * @throws UsageError for a name that it lacks, or images that are not kept but made
 */
export function keptPart({ name, parts }: Dataset, part: string): ImageDataset {
  const found = parts[part];
  if (found instanceof ImageDataset) return found;
  throw new UsageError(
    `expected images that are kept as pixels, but ${part} of ${name} ${found ? 'is made anew for each batch' : 'is not there'}: it has ${Object.keys(parts).join(' and ')}`,
  );
}

function isSource(pixels: unknown): boolean {
  return typeof pixels === 'object' && pixels !== null && 'readAll' in pixels;
}
