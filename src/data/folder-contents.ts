import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { GanError, hasCode, messageOf } from '../errors';
import { isImageName } from './image-formats';

/** What lies below a folder, at any depth; paths are relative to it and in a fixed order. */
export interface FolderContents {
  readonly folder: string;
  /** Files whose names are those of images. */
  readonly images: readonly string[];
  /** All other files. */
  readonly others: readonly string[];
  readonly folders: readonly string[];
}

/** What systems and archivers leave in every folder, beside hidden files. */
const CLUTTER = new Set(['__macosx', 'thumbs.db', 'desktop.ini']);

/**
 * Lists a folder. Hidden files and folders and the clutter of file managers are left out; symbolic links are followed, loops of them
 * are not.
 * @throws ERR_DATA_MISSING when it or a folder below it is no readable folder
 */
export async function readFolder(folder: string): Promise<FolderContents> {
  const contents = { folder, images: [], others: [], folders: [] };
  const root = await realpath(folder).catch((error: unknown) => {
    throw unreadable(folder, error);
  });
  await walk('', contents, [root]);
  return contents;
}

/** The part of `contents` that lies in its sub-folder `path`, with paths relative to that. */
export function within(contents: FolderContents, path: string): FolderContents {
  const start = join(path, '/');
  const below = (paths: readonly string[]) =>
    paths.filter((each) => each.startsWith(start)).map((each) => each.slice(start.length));
  const { folder, images, others, folders } = contents;
  return {
    folder: join(folder, path),
    images: below(images),
    others: below(others),
    folders: below(folders),
  };
}

/** The first part of a path: the folder it lies in, or the file itself. */
export function topOf(path: string): string {
  return path.split(/[/\\]/, 1)[0];
}

/** Images of other formats and files that are none, by kind and number, as a note to the user; empty where there are none. */
export function leftOut(others: readonly string[]): string[] {
  if (others.length === 0) return [];
  const [files, were] =
    others.length === 1 ? ['file of another format', 'was'] : ['files of other formats', 'were'];
  return [`${others.length} ${files} ${were} left out: ${kindsOf(others)}`];
}

/** Kinds of files that a note names. */
const NAMED_KINDS = 8;

/** `.bmp 30, .txt 2, without extension 1`, the most frequent first. */
export function kindsOf(files: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const file of files) {
    const kind = extname(file).toLowerCase() || 'without extension';
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const rest = sorted.slice(NAMED_KINDS).reduce((sum, [, count]) => sum + count, 0);
  const named = sorted.slice(0, NAMED_KINDS).map(([kind, count]) => `${kind} ${count}`);
  return [...named, ...(rest > 0 ? [`others ${rest}`] : [])].join(', ');
}

/** Lists what is below `path`; `above` are the real paths on the way down, to stop at loops. */
async function walk(
  path: string,
  contents: { folder: string; images: string[]; others: string[]; folders: string[] },
  above: readonly string[],
): Promise<void> {
  const folder = join(contents.folder, path);
  for (const entry of await entries(folder)) {
    const below = join(path, entry.name);
    if (await isFolder(folder, entry)) {
      const real = await realpath(join(folder, entry.name));
      if (above.includes(real)) continue;
      contents.folders.push(below);
      await walk(below, contents, [...above, real]);
    } else if (isImageName(entry.name)) contents.images.push(below);
    else contents.others.push(below);
  }
}

/** What is not hidden, sorted by code unit so that the order is the same in every locale. */
async function entries(folder: string): Promise<Dirent[]> {
  const all = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw unreadable(folder, error);
  });
  return all
    .filter((entry) => !entry.name.startsWith('.') && !CLUTTER.has(entry.name.toLowerCase()))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function isFolder(parent: string, entry: Dirent): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return stat(join(parent, entry.name)).then(
    (target) => target.isDirectory(),
    () => false,
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
