import { join } from 'node:path';
import { GanError, hasCode, messageOf, UsageError } from '../errors';
import { nearest } from '../nearest';
import { dataFolder } from './cache';
import { cifar10 } from './cifar';
import type { ImageDataset } from './dataset';
import type { Fit } from './decoded-form';
import { type DigitsOptions, digits } from './digits';
import { domainFolders } from './domain-folders';
import { readFolder } from './folder-contents';
import { findSplit, noTestSplit, type Split, splitFolders } from './folder-split';
import { imageFolder } from './image-folder';
import type { Resolution } from './image-size';
import { inChannels } from './in-channels';
import { fashionMnist, mnist } from './mnist';
import { pairFolder } from './pair-folder';
import type { PairedDataset } from './paired-dataset';
import type { OnDataProgress } from './progress';
import { UnpairedDataset } from './unpaired-dataset';
import { unpairedFolder } from './unpaired-folder';

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
  /** 1 = grey, 2 = grey and alpha, 3 = RGB, 4 = RGBA, for images of files (3); the other sets have their own. */
  readonly channels?: number;
  /** How images of files are brought to the resolution (crop). */
  readonly fit?: Fit;
  /** Of images of files (fail). */
  readonly onBadImage?: 'fail' | 'skip';
  readonly progress?: OnDataProgress;
}

/** What {@link loadDataset} gives; `kind` tells which. */
export type LoadedDataset = ImageDataset | PairedDataset | UnpairedDataset;

const SIGN_LANGUAGE_URL = 'https://github.com/ardamavi/Sign-Language-Digits-Dataset';

/** Sets of images with names of their own. */
const SETS: Readonly<Record<string, (options: DatasetOptions) => Promise<ImageDataset>>> = {
  digits: ({ resolution, seed = 0, split, progress }) =>
    digits(split === 'test' ? testDigits({ resolution, seed, progress }) : { resolution, seed, progress }),
  mnist,
  'fashion-mnist': fashionMnist,
  cifar10,
  'sign-language-digits': signLanguageDigits,
};

/** Those that are surrounded with black where a model wants them a little larger than they are. */
const PADDED: readonly string[] = ['mnist', 'fashion-mnist'];

/** Whether images of a set are padded rather than enlarged, by up to a seventh of their side: 28 pixels to 32. */
export function isPadded(name: string): boolean {
  return PADDED.includes(name);
}

/** Names of data sets, as `--dataset` takes them. */
export const datasetNames: readonly string[] = [
  ...Object.keys(SETS),
  'folder:PATH',
  'pairs:PATH',
  'unpaired:PATH',
  'unpaired:NAME+NAME',
];

/**
 * Loads a data set by its name: `digits`, `mnist`, `fashion-mnist`, `cifar10`, `sign-language-digits` or `folder:PATH`; pairs of images,
 * `pairs:PATH` ({@link pairFolder}); images of two domains, `unpaired:PATH` ({@link unpairedFolder}) or `unpaired:digits+mnist`, of
 * sets by their names.
 * @throws ERR_USAGE for an unknown name, with the nearest known one, or for channels that the set does not have.
 */
export async function loadDataset(name: string, options: DatasetOptions): Promise<LoadedDataset> {
  const { kind, place } = parseName(name);
  if (kind === 'pairs') return pairFolder(place, options);
  if (kind !== 'unpaired') return loadImages(name, options);
  const domains = domainNames(place);
  return domains ? loadDomains(name, domains, options) : loadFolder(place, options);
}

/**
 * Loads a data set of single images by its name, as {@link loadDataset}.
 * @throws ERR_USAGE as `loadDataset`, and for sets of pairs or of two domains
 */
export async function loadImages(name: string, options: DatasetOptions): Promise<ImageDataset> {
  const { kind, place } = parseName(name);
  if (kind === 'folder') return imageFolder(place, options);
  if (kind !== 'set')
    throw new UsageError(
      `${name} has images a and b, where a set of single images is needed: try folder:PATH`,
    );
  requireKnown(name);
  const dataset = await SETS[name](options);
  const { channels } = options;
  if (channels !== undefined && channels !== dataset.spec.channels)
    throw new UsageError(
      `the images of ${name} have ${dataset.spec.channels} channels, but ${channels} are asked for`,
    );
  return dataset;
}

/** @throws UsageError for a name that is that of no set */
function requireKnown(name: string): void {
  if (parseName(name).kind !== 'set' || Object.hasOwn(SETS, name)) return;
  const known = nearest(name, Object.keys(SETS));
  const hint = known ? `did you mean ${known}?` : `known are ${datasetNames.join(', ')}`;
  throw new UsageError(`there is no data set "${name}": ${hint}`);
}

/** Whether a data set has images apart from those to learn; of a folder its sub-folders tell. */
export async function hasTestSplit(name: string): Promise<boolean> {
  const { kind, place } = parseName(name);
  if (kind === 'set') return Object.hasOwn(SETS, name) && name !== 'sign-language-digits';
  const sets = kind === 'unpaired' ? domainNames(place) : null;
  if (sets) return (await Promise.all(sets.map(hasTestSplit))).every(Boolean);
  const contents = await readFolder(place);
  if (kind === 'folder') return (splitFolders(contents)?.test ?? null) !== null;
  const domains = domainFolders(contents);
  if (domains) return domains.a.test !== null && domains.b.test !== null;
  return kind === 'pairs' && (findSplit(contents)?.test ?? null) !== null;
}

/** A name in its parts: `folder:photos` is `folder` at `photos`, `mnist` is a `set`. @throws UsageError without a path */
export function parseName(name: string): { kind: 'set' | 'folder' | 'pairs' | 'unpaired'; place: string } {
  for (const kind of ['folder', 'pairs', 'unpaired'] as const) {
    if (!name.startsWith(`${kind}:`)) continue;
    const place = name.slice(kind.length + 1);
    if (place) return { kind, place };
    const sets = kind === 'unpaired' ? ', or two data sets, e.g. unpaired:digits+mnist' : '';
    throw new UsageError(`${kind}: needs a path, e.g. ${kind}:photos${sets}`);
  }
  return { kind: 'set', place: name };
}

/**
 * The two data sets that `NAME+NAME` means; null for a path: one of two names at least is that of a set, or `folder:PATH`. Of several `+`,
 * which paths may have, it is the first with known names on both sides.
 */
export function domainNames(place: string): string[] | null {
  const isSet = (name: string) => Object.hasOwn(SETS, name) || name.startsWith('folder:');
  const parts = place.split('+');
  const splits = parts.slice(1).map((_, i) => [parts.slice(0, i + 1), parts.slice(i + 1)]);
  const names = splits.map((sides) => sides.map((side) => side.join('+')));
  const known = names.find((pair) => pair.every(isSet));
  if (known) return known;
  return names.length === 1 && names[0].some(isSet) ? names[0] : null;
}

/** @throws what {@link unpairedFolder} does, and for a missing path that may have been meant as two names, how it was read */
async function loadFolder(place: string, options: DatasetOptions): Promise<UnpairedDataset> {
  try {
    return await unpairedFolder(place, options);
  } catch (error) {
    if (!place.includes('+') || !hasCode(error, 'ERR_DATA_MISSING')) throw error;
    throw new GanError(
      'ERR_DATA_MISSING',
      `${messageOf(error)}; it was read as one path: two data sets are names with a + between them, each that of a set or folder:PATH`,
    );
  }
}

async function loadDomains(
  name: string,
  [first, second]: readonly string[],
  { channels, ...options }: DatasetOptions,
): Promise<UnpairedDataset> {
  for (const domain of [first, second]) requireKnown(domain);
  const load = async (domain: string): Promise<ImageDataset> => {
    const isFolder = parseName(domain).kind === 'folder';
    const set = await loadImages(domain, isFolder ? { ...options, channels } : options);
    return channels === undefined ? set : inChannels(set, channels);
  };
  const [a, b] = [await load(first), await load(second)];
  if (a.spec.channels !== b.spec.channels)
    throw new UsageError(
      `${name}: the images of ${a.name} have ${a.spec.channels} channels and those of ${b.name} ${b.spec.channels}: bring both to the same with --channels 3`,
    );
  return new UnpairedDataset({ name, a, b });
}

/** Sign Language Digits (Mavi 2020): 2,062 photographs of hands that show 0–9. @throws as {@link fromSigns} */
async function signLanguageDigits(options: DatasetOptions): Promise<ImageDataset> {
  if (options.split === 'test') throw noTestSplit('sign-language-digits');
  return fromSigns(options, (folder) => imageFolder(folder, { ...options, name: 'sign-language-digits' }));
}

/**
 * What `read` makes of the photographs in DATA_DIR/sign-language-digits/Dataset.
 * @throws ERR_DATA_MISSING with where to get them: their publisher offers no file with a stable hash.
 */
export async function fromSigns<T>(
  { dataDir = dataFolder() }: Pick<DatasetOptions, 'dataDir'>,
  read: (folder: string) => Promise<T>,
): Promise<T> {
  try {
    return await read(join(dataDir, 'sign-language-digits', 'Dataset'));
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
