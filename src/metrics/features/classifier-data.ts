import { createHash } from 'node:crypto';
import { contentHash } from '../../data/content-hash';
import { ImageDataset } from '../../data/dataset';
import { inChannels } from '../../data/in-channels';
import { Prng } from '../../data/prng';
import type { OnDataProgress } from '../../data/progress';
import { datasetNames, loadImages } from '../../data/sources';
import { hasCode, UsageError } from '../../errors';
import { CLASSIFIER_RESOLUTION } from '../../models/classifier';
import { fromBytes } from '../../tensor/create';
import { scope } from '../../tensor/scope';
import type { ClassifierRecipe } from './classifier-recipe';
import { resizeImages } from './resize-images';

/** Images that a classifier never sees while it is trained. */
export interface Unseen {
  readonly dataset: ImageDataset;
  readonly indices: Int32Array;
}

/** What a classifier is trained on, and what its accuracy is measured on. All images are 32×32. */
export interface ClassifierData {
  readonly train: ImageDataset;
  /** Images of `train` that are trained on. */
  readonly seen: Int32Array;
  /** Where the others are: `test split` or `held-out tenth`. */
  readonly heldOut: string;
  /** Loads the others; null where the test split cannot be had. */
  readonly unseen: () => Promise<Unseen | null>;
}

/** Where data sets come from. */
export interface ClassifierDataOptions {
  /** The folder of data sets (`LIBTORCH_GAN_DATA`, else the cache). */
  readonly dataDir?: string;
  readonly onProgress?: OnDataProgress;
}

/** Images of the two splits of a set. */
type Counts = Readonly<Record<'train' | 'test', number>>;

/** The sets with a test split: one with another number of images is something else under a known name, or a part of it. */
const SPLIT_SETS: Readonly<Record<string, Counts>> = {
  digits: { train: 60_000, test: 10_000 },
  mnist: { train: 60_000, test: 10_000 },
  'fashion-mnist': { train: 60_000, test: 10_000 },
  cifar10: { train: 50_000, test: 10_000 },
};

const CHUNK = 512;

/**
 * A labelled data set in the form that classifiers see, whatever resolution and split of it was loaded: a set that `loadImages` knows is
 * loaded anew at 32×32, its training split where it has one; any other is resized.
 * @throws ERR_USAGE for a set without labels, with a single class, or with fewer than 20 images
 */
export async function classifierData(
  dataset: ImageDataset,
  { seed }: Pick<ClassifierRecipe, 'seed'>,
  options: ClassifierDataOptions = {},
): Promise<ClassifierData> {
  requireClasses(dataset);
  const split = splitOf(dataset);
  const train = await atClassifierResolution(dataset, split, options);
  if (split)
    return {
      train,
      seen: range(train.count),
      heldOut: 'test split',
      unseen: () => testSplit(dataset, options),
    };
  const order = new Prng(seed).permutation(train.count);
  const tenth = Math.floor(train.count / 10);
  return {
    train,
    seen: order.slice(tenth).sort(),
    heldOut: 'held-out tenth',
    unseen: async () => ({ dataset: train, indices: order.slice(0, tenth).sort() }),
  };
}

/** What the weights depend on, in one sha256: the recipe, the images at 32×32, their labels, and which of them are seen. */
export async function classifierKey(
  { train, heldOut }: ClassifierData,
  recipe: ClassifierRecipe,
): Promise<string> {
  const { spec, labels } = train;
  const hash = createHash('sha256');
  hash.update(JSON.stringify({ recipe, classes: spec.classes, heldOut, images: await contentHash(train) }));
  if (labels) hash.update(new Uint8Array(labels.buffer, labels.byteOffset, labels.byteLength));
  return hash.digest('hex');
}

/** The fewest images that a classifier is trained on. */
const LEAST_IMAGES = 20;

/** Whether a classifier can be trained on a data set: it has labels, of two classes at least, and 20 images. */
export function canBeClassified({ labels, classNames, count }: ImageDataset): boolean {
  return labels !== null && classNames.length >= 2 && count >= LEAST_IMAGES;
}

function requireClasses(dataset: ImageDataset): void {
  if (canBeClassified(dataset)) return;
  const { name, labels, classNames, count } = dataset;
  const advice =
    'give another feature network with --features FILE, or the classifier of another set with --features classifier:digits';
  if (!labels)
    throw new UsageError(
      `the data set "${name}" has no labels, so no classifier can be trained on it for its features: ${advice}`,
    );
  if (classNames.length < 2)
    throw new UsageError(
      `the data set "${name}" has a single class, and a classifier needs two at least: ${advice}`,
    );
  throw new UsageError(
    `the data set "${name}" has ${count} images, and a classifier needs ${LEAST_IMAGES} at least: ${advice}`,
  );
}

/** Which split of a known set it is; null for all others. */
function splitOf({ name, count }: ImageDataset): 'train' | 'test' | null {
  if (!Object.hasOwn(SPLIT_SETS, name)) return null;
  const { train, test } = SPLIT_SETS[name];
  return count === train ? 'train' : count === test ? 'test' : null;
}

async function atClassifierResolution(
  dataset: ImageDataset,
  split: 'train' | 'test' | null,
  { dataDir, onProgress }: ClassifierDataOptions,
): Promise<ImageDataset> {
  const { name, spec, skipped } = dataset;
  const fits = spec.height === CLASSIFIER_RESOLUTION && spec.width === CLASSIFIER_RESOLUTION;
  if (fits && split !== 'test') return dataset;
  const isKnown = datasetNames.includes(name) || name.startsWith('folder:');
  if (split !== null || (isKnown && !Object.hasOwn(SPLIT_SETS, name))) {
    const loaded = await loadImages(name, {
      resolution: CLASSIFIER_RESOLUTION,
      ...(split === null && { channels: spec.channels }),
      dataDir,
      onBadImage: skipped.length > 0 ? 'skip' : 'fail',
      progress: onProgress,
    });
    const again = inChannels(loaded, spec.channels);
    // A part of the set, or a set of the user's own under a known name, is not what was loaded.
    if (split !== null || again.count === dataset.count) return again;
  }
  return resized(dataset);
}

async function testSplit(
  { name, spec }: ImageDataset,
  { dataDir, onProgress }: ClassifierDataOptions,
): Promise<Unseen | null> {
  try {
    const resolution = CLASSIFIER_RESOLUTION;
    const loaded = await loadImages(name, { split: 'test', resolution, dataDir, progress: onProgress });
    const dataset = inChannels(loaded, spec.channels);
    return { dataset, indices: range(dataset.count) };
  } catch (error) {
    if (hasCode(error, 'ERR_DATA_MISSING')) return null;
    throw error;
  }
}

async function resized(dataset: ImageDataset): Promise<ImageDataset> {
  const { name, spec, count, labels, classNames } = dataset;
  const side = CLASSIFIER_RESOLUTION;
  const imageBytes = spec.channels * side * side;
  const pixels = new Uint8Array(count * imageBytes);
  const reader = await dataset.pixels.open();
  try {
    for (let start = 0; start < count; start += CHUNK) {
      const length = Math.min(CHUNK, count - start);
      const bytes = await reader.read(range(length, start));
      const shape = [length, spec.channels, spec.height, spec.width];
      pixels.set(shrink(bytes, shape), start * imageBytes);
    }
  } finally {
    await reader.close();
  }
  return new ImageDataset({
    name,
    channels: spec.channels,
    height: side,
    width: side,
    pixels,
    labels,
    classNames,
  });
}

function shrink(bytes: Uint8Array, shape: readonly number[]): Uint8Array {
  return scope(() => {
    const images = fromBytes(bytes, { dtype: 'uint8', shape, device: 'cpu' }).float();
    const small = resizeImages(images, { size: CLASSIFIER_RESOLUTION });
    return small.add(0.5).clamp({ min: 0, max: 255 }).to({ dtype: 'uint8' }).toBytes();
  });
}

function range(count: number, start = 0): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => start + i);
}
