import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode, messageOf } from '../errors';
import { type DataKind, ImageDataset } from './dataset';
import { decodeFormed, loadSharp, type Sharp } from './decode-image';
import { domainFolders, requireDomains } from './domain-folders';
import { type FolderContents, readFolder, within } from './folder-contents';
import { findSplit, listSplit } from './folder-split';
import { listFolder } from './image-folder';
import { describeFiles, type ImageList, type ListedFile, requireImages } from './image-list';
import type { ImageSize } from './image-size';
import { noPairs } from './pair-folder';
import { type DatasetOptions, domainNames, fromSigns, loadImages, parseName } from './sources';

/** What a data set is, as far as a look at it tells. */
export interface DataSurvey {
  /** As in `--dataset NAME`. */
  readonly name: string;
  readonly kind: DataKind;
  /** Images to learn; pairs, or images of the smaller domain. */
  readonly count: number;
  /** Median height and width of the images in their files. */
  readonly size: ImageSize;
  /** Whether they have no colours. */
  readonly grey: boolean;
  /** How many images each class has; empty without labels. */
  readonly classes: readonly { readonly name: string; readonly count: number }[];
  /** Images that are byte for byte an earlier one; null where that was not looked at. */
  readonly duplicates: number | null;
  /** Images of files that were looked into: `size` and `grey` are theirs. */
  readonly looked: number;
  /** Those of them that were looked into and cannot be read, and why the first cannot; absent where there are none. */
  readonly unreadable?: Unreadable;
  /** The channels to load images in: those of two domains that have not as many by themselves (as they come). */
  readonly channels?: number;
}

/** Files that are no images, or damaged. */
export interface Unreadable {
  readonly count: number;
  /** Names the file. */
  readonly reason: string;
}

/** The size of the images of sets that are no files. */
const SIDES: Readonly<Record<string, number>> = { mnist: 28, 'fashion-mnist': 28, cifar10: 32, digits: 32 };

/**
 * Looks at a data set without decoding all of it: names, sizes and labels of files, the pixels of some. Nothing is written, but for a data
 * set that is fetched on first use.
 *
 * @throws as {@link loadDataset} for a name, a path or a layout that is wrong, and a set without images; ERR_BAD_IMAGE where none of the images
 *   that were looked into can be read
 */
export async function surveyDataset(
  name: string,
  { channels, ...options }: Pick<DatasetOptions, 'dataDir' | 'progress' | 'channels'> = {},
): Promise<DataSurvey> {
  const { kind, place } = parseName(name);
  if (kind === 'folder') return surveyFolder(name, place);
  if (kind === 'pairs') return surveyPairs(name, place);
  if (kind === 'unpaired') return surveyDomains(name, place, options);
  if (name === 'sign-language-digits') return fromSigns(options, (folder) => surveyFolder(name, folder));
  const side = SIDES[name] ?? 32;
  // Channels that a set has not are refused, as a training refuses them; images of files come in any.
  const set = await loadImages(name, { ...options, channels, resolution: side });
  return surveySet(set, { height: side, width: side });
}

async function surveySet(set: ImageDataset, size: ImageSize): Promise<DataSurvey> {
  const counts = set.histogram();
  return {
    name: set.name,
    kind: 'images',
    count: set.count,
    size,
    grey: set.spec.channels < 3,
    classes: set.classNames.map((name, i) => ({ name, count: counts[i] })),
    duplicates: await equalImages(set),
    looked: set.count,
  };
}

async function equalImages({ pixels }: ImageDataset): Promise<number> {
  const bytes = await pixels.readAll();
  const seen = new Set<string>();
  for (let i = 0; i < pixels.count; i++)
    seen.add(hashOf(bytes.subarray(i * pixels.imageBytes, (i + 1) * pixels.imageBytes)));
  return pixels.count - seen.size;
}

async function surveyFolder(name: string, folder: string): Promise<DataSurvey> {
  return surveyList(name, await listFolder(await readFolder(folder), { name, split: 'train' }));
}

async function surveyList(name: string, { folder, images, classNames }: ImageList): Promise<DataSurvey> {
  const counts = classNames.map(() => 0);
  for (const { label } of images) if (classNames.length > 0) counts[label]++;
  return {
    name,
    kind: 'images',
    count: images.length,
    ...(await lookInto(folder, images)),
    classes: classNames.map((className, i) => ({ name: className, count: counts[i] })),
    duplicates: await equalFiles(folder, images),
  };
}

async function surveyPairs(name: string, place: string): Promise<DataSurvey> {
  const contents = await readFolder(place);
  const domains = domainFolders(contents);
  const folders = domains?.a ?? findSplit(contents);
  if (!folders) throw noPairs(contents);
  const part: FolderContents = within(contents, folders.train);
  requireImages(part);
  const files = await describeFiles(part.folder, part.images);
  const { size, ...look } = await lookInto(part.folder, files);
  return {
    name,
    kind: 'pairs',
    count: files.length,
    size: domains ? size : { ...size, width: Math.floor(size.width / 2) },
    ...look,
    classes: [],
    duplicates: await equalFiles(part.folder, files),
  };
}

async function surveyDomains(
  name: string,
  place: string,
  options: Pick<DatasetOptions, 'dataDir' | 'progress'>,
): Promise<DataSurvey> {
  const sets = domainNames(place);
  const [a, b] = sets
    ? [await surveyDataset(sets[0], options), await surveyDataset(sets[1], options)]
    : await surveyDomainFolders(name, place);
  return {
    name,
    kind: 'unpaired',
    count: Math.min(a.count, b.count),
    size: a.size.height * a.size.width <= b.size.height * b.size.width ? a.size : b.size,
    grey: a.grey && b.grey,
    classes: [],
    duplicates: a.duplicates === null || b.duplicates === null ? null : a.duplicates + b.duplicates,
    looked: a.looked + b.looked,
    ...together(a.unreadable, b.unreadable),
    ...(sets && isLoadedGrey(sets[0], a) !== isLoadedGrey(sets[1], b) && { channels: 3 }),
  };
}

function together(a?: Unreadable, b?: Unreadable): Pick<DataSurvey, 'unreadable'> {
  const first = a ?? b;
  return first ? { unreadable: { count: (a?.count ?? 0) + (b?.count ?? 0), reason: first.reason } } : {};
}

/** Whether images come in one channel where nobody asks for more: those of files come in three. */
function isLoadedGrey(name: string, { grey }: DataSurvey): boolean {
  return grey && parseName(name).kind === 'set';
}

async function surveyDomainFolders(name: string, place: string): Promise<[DataSurvey, DataSurvey]> {
  const contents = await readFolder(place);
  const domains = requireDomains(contents);
  const of = async (domain: 'a' | 'b') =>
    surveyList(name, await listSplit(contents, domains[domain], { name, split: 'train' }));
  return [await of('a'), await of('b')];
}

/** Files that are decoded, from first to last in equal steps. */
const LOOKED = 48;

/** Side of what they are decoded to, and how far apart the colours of a grey pixel are at most: JPEG rounds. */
const [THUMB, SHADES] = [16, 8];

async function lookInto(
  folder: string,
  files: readonly ListedFile[],
): Promise<Pick<DataSurvey, 'size' | 'grey' | 'looked' | 'unreadable'>> {
  const sharp = await loadSharp();
  const count = Math.min(LOOKED, files.length);
  const chosen = Array.from({ length: count }, (_, i) => files[Math.floor((i * files.length) / count)]);
  const found = await Promise.allSettled(chosen.map(({ file }) => look(sharp, join(folder, file))));
  const readable = found.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const reasons = found.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
  // Damaged files are for the training to refuse or to leave out.
  const fatal = reasons.find((reason) => readable.length === 0 || !hasCode(reason, 'ERR_BAD_IMAGE'));
  if (fatal !== undefined) throw fatal;
  return {
    size: {
      height: median(readable.map(({ size }) => size.height)),
      width: median(readable.map(({ size }) => size.width)),
    },
    grey: readable.every(({ grey }) => grey),
    looked: readable.length,
    ...(reasons.length > 0 && { unreadable: { count: reasons.length, reason: messageOf(reasons[0]) } }),
  };
}

interface Look {
  readonly size: ImageSize;
  readonly grey: boolean;
}

async function look(sharp: Sharp, path: string): Promise<Look> {
  const form = { channels: 3, height: THUMB, width: THUMB, fit: 'stretch' } as const;
  const { own, pixels } = await decodeFormed(sharp, path, () => form);
  return { size: { height: own.height, width: own.width }, grey: isGrey(pixels) };
}

/** Whether the planes of an image [3, H, W] are alike. */
function isGrey(pixels: Uint8Array): boolean {
  const area = THUMB * THUMB;
  return Array.from({ length: area }, (_, i) => i).every(
    (i) =>
      Math.abs(pixels[i] - pixels[i + area]) <= SHADES &&
      Math.abs(pixels[i] - pixels[i + 2 * area]) <= SHADES,
  );
}

/** Bytes that are read at most, to tell whether files of one length are equal. */
const HASHED = 2 ** 28;

/** Files that equal an earlier one, as far as they can be read; null where to tell would be to read too much. */
async function equalFiles(folder: string, files: readonly ListedFile[]): Promise<number | null> {
  const byLength = new Map<number, string[]>();
  for (const { file, bytes } of files) {
    // A link to nowhere, a pipe, an empty file: no images.
    if (bytes === 0) continue;
    const names = byLength.get(bytes);
    if (names) names.push(file);
    else byLength.set(bytes, [file]);
  }
  const alike = [...byLength].filter(([, names]) => names.length > 1);
  const bytes = alike.reduce((sum, [length, names]) => sum + length * names.length, 0);
  if (bytes > HASHED) return null;
  let equal = 0;
  for (const [, names] of alike) {
    const hashes = new Set<string>();
    for (const file of names) {
      // The training, which refuses one that cannot be read, says why.
      const contents = await readFile(join(folder, file)).catch(() => null);
      if (contents === null) continue;
      const hash = hashOf(contents);
      if (hashes.has(hash)) equal++;
      hashes.add(hash);
    }
  }
  return equal;
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha1').update(bytes).digest('base64');
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
