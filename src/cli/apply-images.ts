import { decodeDeep, measureImage, type Sharp, type WholeImage } from '../data/decode-image';
import { type ImageSize, sizeText } from '../data/image-size';
import type { OnDataProgress } from '../data/progress';
import { UsageError } from '../errors';
import type { AppliedFile } from './apply-files';
import { openMask } from './apply-masks';
import type { ApplySettings } from './apply-settings';
import { LeftOut } from './left-out';

/** An image whose size is known. */
export interface MeasuredImage extends AppliedFile, ImageSize {}

/** An image whose pixels are there. */
export interface OpenedImage extends AppliedFile {
  /** Of 16 bits where its file has them. */
  readonly image: WholeImage<Uint8Array | Uint16Array>;
  /** uint8 [1, H, W], light in the hole: where the file has a mask. */
  readonly hole?: Uint8Array;
}

/** Headers that are read at once. */
const AT_ONCE = 32;

/** Opens the images of `apply`, and keeps a list of those that are left out. */
export class ApplyImages {
  readonly leftOut: LeftOut;
  readonly #sharp: Sharp;

  constructor(sharp: Sharp, settings: Pick<ApplySettings, 'onBadImage'>) {
    this.#sharp = sharp;
    this.leftOut = new LeftOut(settings);
  }

  /**
   * Measures images by their headers: what cannot be used is known before anything is made.
   *
   * @param least the least height and width
   * @throws GanError `ERR_BAD_IMAGE`, UsageError for one that is too small or a mask of another size, each naming the file; with
   *   `--on-bad-image skip` only where none is left
   */
  async measure(
    files: readonly AppliedFile[],
    { least, onProgress }: { readonly least: number; readonly onProgress?: OnDataProgress },
  ): Promise<MeasuredImage[]> {
    const measured: MeasuredImage[] = [];
    for (let start = 0; start < files.length; start += AT_ONCE) {
      const chunk = files.slice(start, start + AT_ONCE);
      measured.push(...(await this.leftOut.openAll(chunk, (file) => this.#measureOne(file, least))));
      onProgress?.({
        task: 'reading images',
        done: start + chunk.length,
        total: files.length,
        unit: 'images',
      });
    }
    this.leftOut.requireSome(measured.length);
    return measured;
  }

  /**
   * Decodes images, in their order.
   *
   * @throws GanError `ERR_BAD_IMAGE` for one whose pixels are damaged, UsageError for a mask without a hole or of nothing else; with
   *   `--on-bad-image skip` it is left out
   */
  open(images: readonly MeasuredImage[], channels: number): Promise<OpenedImage[]> {
    return this.leftOut.openAll(images, async ({ from, to, mask }) => ({
      ...{ from, to, mask },
      image: await decodeDeep(this.#sharp, from, channels),
      hole: mask === undefined ? undefined : await openMask(this.#sharp, mask),
    }));
  }

  async #measureOne(file: AppliedFile, least: number): Promise<MeasuredImage> {
    const size = await measureImage(this.#sharp, file.from);
    if (file.mask !== undefined) {
      const hole = await measureImage(this.#sharp, file.mask);
      if (sizeText(hole) !== sizeText(size))
        throw new UsageError(
          `${file.mask} has ${sizeText(hole)} pixels, but ${file.from} has ${sizeText(size)}: a mask is as large as its image`,
        );
    }
    if (Math.min(size.height, size.width) >= least) return { ...file, ...size };
    throw new UsageError(
      `${file.from} has ${sizeText(size)} pixels, but this model takes images of at least ${least}×${least}: enlarge it${this.leftOut.advice}`,
    );
  }
}

/** Images of one size together, in their order. @param most how many of a size at once */
export function batchesOf<T extends ImageSize>(
  images: readonly T[],
  most: (size: ImageSize) => number,
): T[][] {
  const sizes = new Map<string, T[]>();
  for (const image of images) {
    const same = sizes.get(sizeText(image));
    if (same) same.push(image);
    else sizes.set(sizeText(image), [image]);
  }
  return [...sizes.values()].flatMap((same) => {
    const length = most(same[0]);
    return Array.from({ length: Math.ceil(same.length / length) }, (_, i) =>
      same.slice(i * length, (i + 1) * length),
    );
  });
}
