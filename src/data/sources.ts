import { join } from 'node:path';
import { GanError, hasCode, messageOf, UsageError } from '../errors';
import { nearest } from '../nearest';
import { dataFolder } from './cache';
import { cifar10 } from './cifar';
import type { ImageDataset } from './dataset';
import { type DigitsOptions, digits } from './digits';
import { imageFolder } from './image-folder';
import type { Resolution } from './image-size';
import { fashionMnist, mnist } from './mnist';
import type { OnDataProgress } from './progress';

/** How to load a data set by name. */
export interface DatasetOptions {
  /** Height and width in pixels. */
  readonly resolution: Resolution;
  /** The folder of data sets (`LIBTORCH_GAN_DATA`, else the cache). */
  readonly dataDir?: string;
  /** Of sets that have both (train). */
  readonly split?: 'train' | 'test';
  /** Of the built-in digits (0). */
  readonly seed?: number;
  /** 3 = RGB or 1 = grey, for image folders (3); the other sets have their own. */
  readonly channels?: number;
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

/** Names of data sets, as `--dataset` takes them; `folder:PATH` stands for any folder of images. */
export const datasetNames: readonly string[] = [...Object.keys(SOURCES), 'folder:PATH'];

/**
 * Loads a data set by its name: `digits`, `mnist`, `fashion-mnist`, `cifar10`, `sign-language-digits` or `folder:PATH`.
 * @throws ERR_USAGE for an unknown name, with the nearest known one, or for channels that the set does not have.
 */
export async function loadDataset(name: string, options: DatasetOptions): Promise<ImageDataset> {
  if (name.startsWith('folder:')) {
    const folder = name.slice('folder:'.length);
    if (!folder) throw new UsageError('folder: needs a path, e.g. folder:photos');
    refuseTestSplit(name, options);
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
  refuseTestSplit('sign-language-digits', options);
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

/** Whether a data set has images apart from those to learn: folders and `sign-language-digits` have not. */
export function hasTestSplit(name: string): boolean {
  return Object.hasOwn(SOURCES, name) && name !== 'sign-language-digits';
}

function refuseTestSplit(name: string, { split }: DatasetOptions): void {
  if (split === 'test')
    throw new UsageError(`${name} has no test split: leave the split out, or give a folder of its own`);
}
