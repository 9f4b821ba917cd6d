import { existsSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { decodeWhole, type Sharp } from '../data/decode-image';
import { readFolder } from '../data/folder-contents';
import type { ImageSize } from '../data/image-size';
import { GanError, UsageError } from '../errors';
import { fromBytes } from '../tensor/create';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';

/** From so light on, of 255, a pixel of a mask is in the hole. */
const LIGHT = 128;

/**
 * Finds the mask of an image by its path and its name: `--mask` itself where that is a file, else the image of its name, endings apart, in the
 * folder `--mask`.
 *
 * @throws GanError `ERR_DATA_MISSING` for a path that is not there; UsageError for an image without a mask, or with two
 */
export async function maskFinder(mask: string): Promise<(image: string, name: string) => string> {
  if (!existsSync(mask))
    throw new GanError(
      'ERR_DATA_MISSING',
      `--mask ${mask}: expected an image or a folder, but there is none`,
    );
  if (!statSync(mask).isDirectory()) return () => mask;
  const { images } = await readFolder(mask);
  const named = new Map<string, string[]>();
  for (const file of images) {
    const name = withoutEnding(file);
    named.set(name, [...(named.get(name) ?? []), file]);
  }
  return (image, name) => {
    const [found, other] = named.get(withoutEnding(name)) ?? [];
    if (found === undefined)
      throw new UsageError(
        `--mask ${mask} has no mask for ${image}: expected ${name} in it, or another image of that name`,
      );
    if (other !== undefined)
      throw new UsageError(
        `${join(mask, found)} and ${other} are both masks for ${image}: leave one of them out`,
      );
    return join(mask, found);
  };
}

function withoutEnding(file: string): string {
  return file.slice(0, file.length - extname(file).length);
}

/**
 * Decodes a mask: uint8 [1, H, W], light in the hole. Transparent parts are white.
 *
 * @throws GanError `ERR_BAD_IMAGE`; UsageError for one without a hole, or that is all hole
 */
export async function openMask(sharp: Sharp, file: string): Promise<Uint8Array> {
  const { pixels, ...size } = await decodeWhole(sharp, file, 1);
  const share = scope(() => holeOf(pixels, size).mean().item());
  if (share === 0)
    throw new UsageError(
      `${file} has no hole: what is white in a mask is filled, and nothing is white in it`,
    );
  if (share === 1)
    throw new UsageError(
      `${file} is all hole: what is black in a mask is kept to fill the rest by, and nothing is black in it`,
    );
  return pixels;
}

/** float32 [1, 1, H, W] of a mask's pixels: 1 in the hole, 0 elsewhere. */
export function holeOf(pixels: Uint8Array, { height, width }: ImageSize): Tensor {
  return fromBytes(pixels, { dtype: 'uint8', shape: [1, 1, height, width], device: 'cpu' })
    .ge(LIGHT)
    .float();
}
