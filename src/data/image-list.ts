import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { GanError, hasCode, messageOf } from '../errors';

/** One image file of a folder. */
export interface ListedImage {
  /** Path below the folder. */
  readonly file: string;
  /** Index into the class names; 0 where the folder has none. */
  readonly label: number;
  readonly bytes: number;
  readonly modified: number;
}

/** The image files of a folder, in a fixed order. */
export interface ImageList {
  readonly images: readonly ListedImage[];
  /** Names of the class sub-folders, sorted; empty for a flat folder. */
  readonly classNames: readonly string[];
}

const EXTENSIONS = new Set(['.jpg', '.jpeg', '.png', '.webp']);

/**
 * Lists the JPEG, PNG and WebP files of `folder` by their names. Each sub-folder that holds any, at any depth, is a class; images in
 * the folder itself have none. Hidden files and folders are left out, symbolic links are followed, loops of them are not.
 * @throws ERR_DATA_MISSING when it is no readable folder, ERR_DATA_EMPTY when it holds no image, ERR_DATA_LAYOUT when it holds both
 *   images and class sub-folders.
 */
export async function listImages(folder: string): Promise<ImageList> {
  const root = await realpath(folder).catch((error: unknown) => {
    throw unreadable(folder, error);
  });
  const flat: string[] = [];
  const classes = new Map<string, string[]>();
  for (const entry of await entries(folder)) {
    if (await isFolder(folder, entry)) {
      const inside = await walk(folder, entry.name, [root]);
      if (inside.length > 0) classes.set(entry.name, inside);
    } else if (isImage(entry.name)) flat.push(entry.name);
  }
  if (flat.length > 0 && classes.size > 0)
    throw new GanError(
      'ERR_DATA_LAYOUT',
      `${folder} holds both images (${flat[0]}, …) and class folders with images (${[...classes.keys()][0]}, …): move one or the other out`,
    );
  const classNames = [...classes.keys()];
  const labelled = classNames.flatMap((name, label) =>
    (classes.get(name) ?? []).map((file) => ({ file, label })),
  );
  const files = classNames.length > 0 ? labelled : flat.map((file) => ({ file, label: 0 }));
  if (files.length === 0)
    throw new GanError(
      'ERR_DATA_EMPTY',
      `${folder} holds no images: JPEG, PNG or WebP files are expected in it, or in one sub-folder a class`,
    );
  const images = [];
  for (let i = 0; i < files.length; i += 64)
    images.push(...(await Promise.all(files.slice(i, i + 64).map((image) => withTimes(folder, image)))));
  return { images, classNames };
}

/** The image files below `folder`/`path`, at any depth; `above` are the real paths on the way down, to stop at loops. */
async function walk(folder: string, path: string, above: readonly string[]): Promise<string[]> {
  const real = await realpath(join(folder, path));
  if (above.includes(real)) return [];
  const files: string[] = [];
  for (const entry of await entries(join(folder, path))) {
    const below = join(path, entry.name);
    if (await isFolder(join(folder, path), entry))
      files.push(...(await walk(folder, below, [...above, real])));
    else if (isImage(entry.name)) files.push(below);
  }
  return files;
}

/** What is not hidden, sorted by code unit so that the order is the same in every locale. */
async function entries(folder: string): Promise<Dirent[]> {
  const all = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw unreadable(folder, error);
  });
  return all
    .filter((entry) => !entry.name.startsWith('.') && entry.name !== '__MACOSX')
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function isFolder(parent: string, entry: Dirent): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return stat(join(parent, entry.name)).then(
    (target) => target.isDirectory(),
    () => false,
  );
}

function isImage(name: string): boolean {
  return EXTENSIONS.has(extname(name).toLowerCase());
}

/** A link to nowhere gets size 0: decoding it then fails by name, as for any bad image. */
async function withTimes(folder: string, image: { file: string; label: number }): Promise<ListedImage> {
  return stat(join(folder, image.file)).then(
    ({ size, mtimeMs }) => ({ ...image, bytes: size, modified: mtimeMs }),
    () => ({ ...image, bytes: 0, modified: 0 }),
  );
}

function unreadable(folder: string, error: unknown): GanError {
  const reason = hasCode(error, 'ENOENT')
    ? 'does not exist'
    : hasCode(error, 'ENOTDIR')
      ? 'is not a folder'
      : `cannot be read: ${messageOf(error)}`;
  return new GanError('ERR_DATA_MISSING', `${folder} ${reason}; a folder of images is expected there`);
}
