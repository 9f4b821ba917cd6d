import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { GanError } from '../errors';
import { type FolderContents, kindsOf, leftOut, topOf } from './folder-contents';
import { FORMATS } from './image-formats';

/** A file as it was when it was listed. */
export interface ListedFile {
  /** Path below the folder. */
  readonly file: string;
  readonly bytes: number;
  readonly modified: number;
}

/** One image file of a folder. */
export interface ListedImage extends ListedFile {
  /** Index into the class names; 0 where the folder has none. */
  readonly label: number;
}

/** The image files of a folder, in a fixed order. */
export interface ImageList {
  readonly folder: string;
  readonly images: readonly ListedImage[];
  /** Names of the class sub-folders, sorted; empty for a flat folder. */
  readonly classNames: readonly string[];
  /** What was left out, in sentences for the user. */
  readonly notes: readonly string[];
}

/** The images of a folder by class. */
export interface ImageClasses {
  /** Names of the sub-folders that hold images, sorted; empty for a flat folder. */
  readonly names: readonly string[];
  /** Sub-folders beside them that hold none. */
  readonly empty: readonly string[];
}

/**
 * The classes of a folder: each sub-folder that holds images, at any depth, is one; images in the folder itself have none.
 * @throws ERR_DATA_EMPTY when it holds no image, ERR_DATA_LAYOUT when it holds both images and class sub-folders.
 */
export function classesOf(contents: FolderContents): ImageClasses {
  requireImages(contents);
  const { folder, images, folders } = contents;
  const flat = images.find((file) => topOf(file) === file);
  const names = [...new Set(images.filter((file) => topOf(file) !== file).map(topOf))];
  if (flat !== undefined && names.length > 0)
    throw new GanError(
      'ERR_DATA_LAYOUT',
      `${folder} holds both images (${flat}, …) and class folders with images (${names[0]}, …): move one or the other out`,
    );
  const isEmpty = (name: string) => topOf(name) === name && !names.includes(name);
  return { names, empty: names.length > 0 ? folders.filter(isEmpty) : [] };
}

/** @throws ERR_DATA_EMPTY unless a folder holds images, saying what it holds instead */
export function requireImages({ folder, images, others }: FolderContents): void {
  if (images.length > 0) return;
  const found = others.length > 0 ? `, but there are others: ${kindsOf(others)}` : '';
  throw new GanError(
    'ERR_DATA_EMPTY',
    `${folder} holds no images: ${FORMATS} files are expected in it, or in one sub-folder a class${found}`,
  );
}

/**
 * Lists the images of a folder by their names, with their classes.
 *
 * @param classNames the classes to number (those of the folder)
 * @throws ERR_DATA_EMPTY, ERR_DATA_LAYOUT as {@link classesOf}
 */
export async function listImages(
  contents: FolderContents,
  classNames: readonly string[] = classesOf(contents).names,
): Promise<ImageList> {
  const { folder, images, others } = contents;
  const { empty } = classesOf(contents);
  const labels = new Map(classNames.map((name, label) => [name, label]));
  const files = await describeFiles(folder, images);
  return {
    folder,
    images: files.map((listed) => ({ ...listed, label: labels.get(topOf(listed.file)) ?? 0 })),
    classNames,
    notes: [...leftOut(others), ...emptyClasses(empty)],
  };
}

function emptyClasses(names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const [folders, them] =
    names.length === 1 ? ['sub-folder', 'it is no class'] : ['sub-folders', 'they are no classes'];
  return [`no images are in the ${folders} ${names.join(', ')}: ${them}`];
}

/** Sizes and times of files, by which a change is noticed. */
export async function describeFiles(folder: string, files: readonly string[]): Promise<ListedFile[]> {
  const listed: ListedFile[] = [];
  for (let i = 0; i < files.length; i += 64)
    listed.push(...(await Promise.all(files.slice(i, i + 64).map((file) => describe(folder, file)))));
  return listed;
}

/** A link to nowhere gets size 0: decoding it then fails by name, as for any bad image. */
async function describe(folder: string, file: string): Promise<ListedFile> {
  return stat(join(folder, file)).then(
    ({ size, mtimeMs }) => ({ file, bytes: size, modified: mtimeMs }),
    () => ({ file, bytes: 0, modified: 0 }),
  );
}
