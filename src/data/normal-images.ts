import { UsageError } from '../errors';
import { nearest } from '../nearest';
import { checkIndices } from './check-indices';
import { ImageDataset } from './dataset';
import { Prng } from './prng';

/** Which images of a labelled set count as normal ones. */
export interface NormalImages {
  /** `all`, a class by name or number, or `!CLASS` for all but those of one. */
  readonly normal: string;
  /** The share of the normal images that is not learned: thresholds are taken from them. */
  readonly heldOut: number;
}

/** Keeps the choice of images that are held out apart from other draws of the same seed. */
const HELD_OUT = 0x4e1d;

/**
 * Whether each image of a set is a normal one; null where all are.
 *
 * @throws UsageError for a set without labels, a class that it has not, or one that leaves no image
 */
export function normalMask(dataset: ImageDataset, normal: string): readonly boolean[] | null {
  if (normal === 'all') return null;
  const { labels, name } = dataset;
  if (!labels)
    throw new UsageError(
      `normal=${normal} expects images with classes but ${name} has no labels: choose another, put its images into a sub-folder for each class, or leave normal out`,
    );
  const reversed = normal.startsWith('!');
  const wanted = classOf(dataset, reversed ? normal.slice(1) : normal);
  const mask = Array.from(labels, (label) => (label === wanted) !== reversed);
  if (mask.includes(true)) return mask;
  throw new UsageError(`normal=${normal} leaves no image of ${name}: name another class`);
}

/** A class by its name, else by its number. */
function classOf({ name, classNames }: ImageDataset, given: string): number {
  const named = classNames.indexOf(given);
  if (named >= 0) return named;
  if (/^\d+$/.test(given) && Number(given) < classNames.length) return Number(given);
  const guess = nearest(given, [...classNames]);
  throw new UsageError(
    `normal=${given} expects a class of ${name}, by its name or a number from 0 to ${classNames.length - 1}${guess === null ? '' : `: did you mean ${guess}?`}`,
  );
}

/** The normal images of a set without those that are held out; the set itself where that is all of it. */
export function learnedImages(dataset: ImageDataset, images: NormalImages, seed: number): ImageDataset {
  const { normal, heldOut } = images;
  if (normal === 'all' && heldOut === 0) return dataset;
  return chosenImages(dataset, partsOf(dataset, images, seed).learned);
}

/** The normal images of a set that {@link learnedImages} leaves out; null where it leaves out none. */
export function heldOutImages(
  dataset: ImageDataset,
  images: NormalImages,
  seed: number,
): ImageDataset | null {
  const { heldOut } = partsOf(dataset, images, seed);
  return heldOut.length === 0 ? null : chosenImages(dataset, heldOut);
}

/** The normal images of a set, whether they were learned or not. */
export function normalImages(dataset: ImageDataset, normal: string): ImageDataset {
  const mask = normalMask(dataset, normal);
  return mask === null ? dataset : chosenImages(dataset, indicesOf(mask));
}

/** @throws UsageError where so many are held out that none is left to learn, or none is held out of few */
function partsOf(
  dataset: ImageDataset,
  { normal, heldOut }: NormalImages,
  seed: number,
): { readonly learned: Int32Array; readonly heldOut: Int32Array } {
  const mask = normalMask(dataset, normal);
  const indices = mask ? indicesOf(mask) : Int32Array.from({ length: dataset.count }, (_, i) => i);
  const count = Math.round(heldOut * indices.length);
  if (count >= indices.length || (heldOut > 0 && count === 0))
    throw new UsageError(
      `heldOut=${heldOut} of the ${indices.length} normal images of ${dataset.name} is ${count}: expected at least one to learn and one to hold out; try heldOut=0`,
    );
  const isHeldOut = new Set(new Prng(seed, HELD_OUT).permutation(indices.length).subarray(0, count));
  return {
    learned: indices.filter((_, place) => !isHeldOut.has(place)),
    heldOut: indices.filter((_, place) => isHeldOut.has(place)),
  };
}

function indicesOf(mask: readonly boolean[]): Int32Array {
  return Int32Array.from(mask.keys()).filter((i) => mask[i]);
}

/**
 * The images at `indices` as a set of their own: their classes keep their names and numbers.
 *
 * @throws UsageError for an index that the set has not
 */
export function chosenImages(dataset: ImageDataset, indices: Int32Array): ImageDataset {
  checkIndices(dataset, indices);
  const { name, spec, pixels, labels, classNames, skipped, notes, path } = dataset;
  const { channels, height, width } = spec;
  return new ImageDataset({
    ...{ name, channels, height, width, skipped, notes, path },
    pixels: {
      count: indices.length,
      imageBytes: pixels.imageBytes,
      readAll: () => dataset.images(indices),
      open: async () => {
        const reader = await pixels.open();
        return {
          read: (wanted) => reader.read(wanted.map((place) => indices[place])),
          close: () => reader.close(),
        };
      },
    },
    ...(labels && { labels: indices.map((index) => labels[index]), classNames }),
  });
}
