import { join } from 'node:path';
import { GanError, hasCode, messageOf, UsageError } from '../errors';
import { nearest } from '../nearest';
import { dataFolder } from './cache';
import { cifar10 } from './cifar';
import type { Dataset, ImageDataset } from './dataset';
import type { Fit } from './decode-image';
import { type DigitsOptions, digits } from './digits';
import { hasHeldOut, pairedFolder, unpairedFolder } from './domain-folders';
import { readFolder } from './folder-contents';
import { noTestSplit, type Split, splitFolders } from './folder-split';
import { imageFolder } from './image-folder';
import type { Resolution } from './image-size';
import { dataKindOf } from './kind';
import { fashionMnist, mnist } from './mnist';
import type { OnDataProgress } from './progress';
import { UnpairedDataset } from './unpaired';

/** How to load a data set by name. */
export interface DatasetOptions {
  /** Height and width in pixels, or one number for both. */
  readonly resolution: Resolution;
  /** The folder of data sets (`LIBTORCH_GAN_DATA`, else the cache). */
  readonly dataDir?: string;
  /** Of sets that have both (train). */
  readonly split?: Split;
  /** Of the built-in digits (0). */
  readonly seed?: number;
  /** 1 = grey, 2 = grey and alpha, 3 = RGB, 4 = RGBA, for image folders (3); the other sets have their own. */
  readonly channels?: number;
  /** How images of a folder are brought to the resolution (crop). */
  readonly fit?: Fit;
  /** Of image folders (fail). */
  readonly onBadImage?: 'fail' | 'skip';
  readonly progress?: OnDataProgress;
}

const SIGN_LANGUAGE_URL = 'https://github.com/ardamavi/Sign-Language-Digits-Dataset';

/** What `loadDataset` knows, beside `folder:PATH`. */
const SOURCES: Readonly<Record<string, (options: DatasetOptions) => Promise<ImageDataset>>> = {
  digits: ({ resolution, seed = 0, split, progress }) =>
    digits(split === 'test' ? testDigits({ resolution, seed, progress }) : { resolution, seed, progress }),
  mnist,
  'fashion-mnist': fashionMnist,
  cifar10,
  'sign-language-digits': signLanguageDigits,
};

/** Names of data sets, as `--dataset` takes them; those with PATH stand for any folder of images. */
export const datasetNames: readonly string[] = [
  ...Object.keys(SOURCES),
  'folder:PATH',
  'pairs:PATH',
  'unpaired:PATH',
  'unpaired:NAME1+NAME2',
];

/**
 * Loads a data set of any kind by its name: those of {@link loadImages}, `pairs:PATH`, `unpaired:PATH`, or `unpaired:NAME1+NAME2` of
 * two known sets.
 * @throws ERR_USAGE, ERR_DATA_LAYOUT, and what reading the images throws
 */
export async function loadDataset(name: string, options: DatasetOptions): Promise<Dataset> {
  const kind = dataKindOf(name);
  if (kind === 'images') return loadImages(name, options);
  const where = name.slice(name.indexOf(':') + 1);
  if (!where) throw new UsageError(`${name} needs a path, e.g. ${name}photos`);
  if (kind === 'pairs') return pairedFolder(where, { ...options, name });
  const domains = knownDomains(where);
  if (!domains) return unpairedFolder(where, { ...options, name });
  const [a, b] = await Promise.all(domains.map((domain) => loadImages(domain, options)));
  return new UnpairedDataset(name, { a, b });
}

/** The two known sets that `NAME1+NAME2` means; null for a path. */
function knownDomains(where: string): [string, string] | null {
  const [a, b, ...rest] = where.split('+');
  const known = (name: string) => Object.hasOwn(SOURCES, name) || name.startsWith('folder:');
  return b !== undefined && rest.length === 0 && known(a) && known(b) ? [a, b] : null;
}

/**
 * Loads a set of images by its name: `digits`, `mnist`, `fashion-mnist`, `cifar10`, `sign-language-digits` or `folder:PATH`.
 * @throws ERR_USAGE for an unknown name, with the nearest known one, or for channels that the set does not have.
 */
export async function loadImages(name: string, options: DatasetOptions): Promise<ImageDataset> {
  if (name.startsWith('folder:')) {
    const folder = name.slice('folder:'.length);
    if (!folder) throw new UsageError('folder: needs a path, e.g. folder:photos');
    return imageFolder(folder, options);
  }
  const load = Object.hasOwn(SOURCES, name) ? SOURCES[name] : null;
  if (!load) {
    const known = nearest(name, Object.keys(SOURCES));
    const hint = known ? `did you mean ${known}?` : `known are ${datasetNames.join(', ')}`;
    throw new UsageError(`there is no data set "${name}": ${hint}`);
  }
  const dataset = await load(options);
  const { channels } = options;
  if (channels !== undefined && channels !== dataset.spec.channels)
    throw new UsageError(
      `the images of ${name} have ${dataset.spec.channels} channels, but ${channels} are asked for`,
    );
  return dataset;
}

/**
 * Sign Language Digits (Mavi 2020): 2,062 photographs of hands that show 0–9, from DATA_DIR/sign-language-digits/Dataset.
 * @throws ERR_DATA_MISSING with where to get it: its publisher offers no file with a stable hash.
 */
async function signLanguageDigits(options: DatasetOptions): Promise<ImageDataset> {
  if (options.split === 'test') throw noTestSplit('sign-language-digits');
  const folder = join(options.dataDir ?? dataFolder(), 'sign-language-digits', 'Dataset');
  try {
    return await imageFolder(folder, { ...options, name: 'sign-language-digits' });
  } catch (error) {
    if (!hasCode(error, 'ERR_DATA_MISSING')) throw error;
    throw new GanError(
      'ERR_DATA_MISSING',
      `${messageOf(error)}; this set is not downloaded automatically: put ${SIGN_LANGUAGE_URL} there (git clone it, with its folder Dataset), or give --data-dir`,
    );
  }
}

/** Digits by another hand, so to say: those of another seed, as many as MNIST has in its test split. */
function testDigits({ seed = 0, ...options }: DigitsOptions): DigitsOptions {
  return { ...options, seed: seed + 1, count: 10_000 };
}

/** Whether a data set has images apart from those to learn; of a folder its sub-folders tell. */
export async function hasTestSplit(name: string): Promise<boolean> {
  if (dataKindOf(name) !== 'images') {
    const where = name.slice(name.indexOf(':') + 1);
    const domains = knownDomains(where);
    if (!domains) return hasHeldOut(where);
    return (await Promise.all(domains.map(hasTestSplit))).every((has) => has);
  }
  if (!name.startsWith('folder:')) return Object.hasOwn(SOURCES, name) && name !== 'sign-language-digits';
  const folders = splitFolders(await readFolder(name.slice('folder:'.length)));
  return folders !== null && folders.test !== null;
}
