import { UsageError } from '../errors';
import { slicedPixels } from './converted-pixels';
import { type Dataset, ImageDataset, type SkippedImage } from './dataset';
import { type DataIdentity, identityOf } from './identity';
import { makeLoader } from './image-loader';
import { type ImageSize, shapeText } from './image-size';
import type { ImageSpec } from './image-spec';
import type { Loader, LoaderOptions } from './loader';
import { memoryPixels, type PixelSource } from './pixels';

/** What a {@link PairedDataset} is made of. */
export interface PairedDatasetOptions extends ImageSize {
  /** As in `--dataset NAME`: it is written into checkpoints. */
  readonly name: string;
  /** Channels of the images `a` and `b`. */
  readonly channels: Readonly<Record<'a' | 'b', number>>;
  /** uint8 [N, channels of a + channels of b, H, W], 0–255: the planes of `a` before those of `b`. */
  readonly pixels: Uint8Array | PixelSource;
  /** Pairs that were left out, for reports. */
  readonly skipped?: readonly SkippedImage[];
  /** What else was left out, in sentences for the user. */
  readonly notes?: readonly string[];
  /** The folder that the pairs are read from, for those of files. */
  readonly path?: string | null;
}

/**
 * Pairs of images `a` and `b` that show the same, of one size. A loader gives both by one order, cut at one place and mirrored together.
 *
 * ```ts
 * const maps = new PairedDataset({ name: 'maps', channels: { a: 1, b: 3 }, height: 64, width: 64, pixels });
 * const { a, b } = await maps.loader({ batch: 1, flip: true }).next();
 * ```
 * @throws ERR_USAGE when sizes and pixels do not fit together; ERR_DATA_EMPTY for no pairs
 */
export class PairedDataset implements Dataset {
  readonly name: string;
  readonly kind = 'pairs';
  readonly specs: Readonly<Record<'a' | 'b', ImageSpec>>;
  /** Number of pairs. */
  readonly count: number;
  readonly parts: Readonly<Record<'a' | 'b', ImageDataset>>;
  /** The planes of `a` before those of `b`. */
  readonly pixels: PixelSource;
  readonly skipped: readonly SkippedImage[];
  readonly notes: readonly string[];

  constructor(options: PairedDatasetOptions) {
    const { name, channels, height, width, pixels, skipped = [], notes = [], path } = options;
    const area = height * width;
    const pairBytes = (channels.a + channels.b) * area;
    const source = ArrayBuffer.isView(pixels) ? memoryPixels(pixels, pairBytes) : pixels;
    if (!Number.isInteger(source.count) || source.imageBytes !== pairBytes)
      throw new UsageError(
        `data set "${name}": pairs of ${shapeText({ channels: channels.a, height, width })} and ${shapeText({ channels: channels.b, height, width })} take ${pairBytes} bytes each, but ${source.count * source.imageBytes} bytes came`,
      );
    const part = (of: 'a' | 'b') =>
      new ImageDataset({
        name: `${name} (${of})`,
        channels: channels[of],
        height,
        width,
        pixels: slicedPixels(source, {
          start: of === 'a' ? 0 : channels.a * area,
          imageBytes: channels[of] * area,
        }),
        path,
      });
    this.name = name;
    this.parts = { a: part('a'), b: part('b') };
    this.specs = { a: this.parts.a.spec, b: this.parts.b.spec };
    this.count = source.count;
    this.pixels = source;
    this.skipped = skipped;
    this.notes = notes;
  }

  async identity(): Promise<DataIdentity> {
    return { a: await identityOf(this.parts.a), b: await identityOf(this.parts.b) };
  }

  /** Batches of `a` and `b`. See {@link Dataset.loader}. */
  loader(options: LoaderOptions): Loader {
    const { name, specs, count, pixels } = this;
    const identity = () => this.identity();
    return makeLoader({ name, specs, count, pixels, labels: null, identity }, options);
  }
}
