import { GanError, UsageError } from '../errors';
import { type FolderContents, topOf, within } from './folder-contents';
import { classesOf, type ImageList, listImages } from './image-list';

/** Which part of a data set: to learn from, or held out. */
export type Split = 'train' | 'test';

/** Sub-folders that are the parts of a data set. */
export interface SplitFolders {
  readonly train: string;
  /** null where there is none with images */
  readonly test: string | null;
}

/** What the part that is not learned from is called, the first before the others. */
const HELD_OUT = ['test', 'val', 'valid', 'validation'];

/**
 * The sub-folders `train` and `val`, `valid`, `validation` or `test` of a folder, in any case of letters; null where there is no `train`.
 *
 * @param domain what follows the names, as in `trainA` (nothing)
 */
export function findSplit({ images, folders }: FolderContents, domain = ''): SplitFolders | null {
  const tops = folders.filter((path) => topOf(path) === path);
  const named = (name: string) => tops.find((top) => top.toLowerCase() === `${name}${domain}`.toLowerCase());
  const train = named('train');
  const full = new Set(images.map(topOf));
  const heldOut = HELD_OUT.map(named).find((top) => top !== undefined && full.has(top));
  return train === undefined ? null : { train, test: heldOut ?? null };
}

/**
 * The parts of a folder that holds images in those alone, as {@link findSplit}; null for any other, whose sub-folders are classes.
 * @throws ERR_DATA_LAYOUT where others lie beside both parts of a split: images that are to be held out would be learned as a class
 */
export function splitFolders(contents: FolderContents): SplitFolders | null {
  const isPart = (top: string) => ['train', ...HELD_OUT].includes(top.toLowerCase());
  const split = findSplit(contents);
  if (split === null) return null;
  const others = new Set(contents.images.map(topOf).filter((top) => !isPart(top)));
  if (others.size === 0) return split;
  // A class may well be called train, and images without a folder are refused with the classes beside them.
  if (split.test === null || [...others].some((top) => contents.images.includes(top))) return null;
  const [other] = others;
  throw new GanError(
    'ERR_DATA_LAYOUT',
    `${contents.folder} holds ${split.train} and ${split.test}, the parts of a split, and ${other} beside them, which would make all of them classes: move ${other} out, or where they are classes, rename ${split.train}`,
  );
}

/**
 * Lists one part of a data set, whose classes are those of the part that is learned from.
 * @throws ERR_DATA_LAYOUT when the parts have different classes; ERR_USAGE when there is no part to hold out; as {@link listImages}
 */
export async function listSplit(
  contents: FolderContents,
  { train, test }: SplitFolders,
  { name, split }: { readonly name: string; readonly split: Split },
): Promise<ImageList> {
  const learned = within(contents, train);
  const { names } = classesOf(learned);
  if (test === null) {
    if (split === 'test') throw noTestSplit(name);
    return listImages(learned, names);
  }
  const heldOut = within(contents, test);
  requireSameClasses(contents.folder, {
    [train]: names,
    [test]: classesOf(heldOut).names,
  });
  return listImages(split === 'test' ? heldOut : learned, names);
}

/** The images that are held out were asked for where there are none. */
export function noTestSplit(name: string): UsageError {
  return new UsageError(`${name} has no test split: leave the split out, or give a folder of its own`);
}

/** A class that the part to hold out lacks is no fault. */
function requireSameClasses(folder: string, parts: Readonly<Record<string, readonly string[]>>): void {
  const [[train, learned], [test, heldOut]] = Object.entries(parts);
  const sameKind = learned.length > 0 === heldOut.length > 0;
  if (sameKind && heldOut.every((name) => learned.includes(name))) return;
  const said = (classes: readonly string[]) =>
    classes.length > 0 ? `the classes ${classes.join(', ')}` : 'no classes';
  throw new GanError(
    'ERR_DATA_LAYOUT',
    `${folder}: ${train} and ${test} must have the same classes, but ${train} has ${said(learned)} and ${test} has ${said(heldOut)}`,
  );
}
