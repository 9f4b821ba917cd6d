import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { UsageError } from '../errors';
import { makeFolder } from '../io/make-folder';
import { writePng } from '../io/png';
import { quote } from '../io/shell-quote';
import { type ImageBatch, sampleGrid } from '../report/grid';
import { refuseDash } from './out-path';

/** Digits of a file's name: enough for the most images that `--count` takes. */
const DIGITS = 5;

/** Whether `--out` names a folder, for one file an image: it is one, or ends as one. */
export function isFolder(out: string): boolean {
  return /[\\/]$/.test(out) || (existsSync(out) && statSync(out).isDirectory());
}

/** Whether a picture is an animation, by its name. */
export function isGif(out: string): boolean {
  return extname(out).toLowerCase() === '.gif';
}

/** @throws UsageError for a picture whose name says another format than those that are written */
export function checkPicture(out: string): void {
  refuseDash(out, 'grid.png');
  const ending = extname(out);
  if (isFolder(out) || isGif(out) || ['', '.png'].includes(ending.toLowerCase())) return;
  throw new UsageError(
    `--out ${quote(out)}: pictures are written as PNG, animations as GIF: try --out ${quote(`${out.slice(0, -ending.length)}.png`)}`,
  );
}

/** Images that get a file each. */
export interface NumberedImages {
  readonly count: number;
  /** The class of each: they then lie in a sub-folder for each class, as data sets of folders do (none). */
  readonly labels?: ArrayLike<number>;
  /** By number; a class without a name is called by its number. */
  readonly classNames?: readonly string[];
}

/** The files of images in a folder, in their order: `00000.png`, or `cat/00000.png`. */
export function fileNames({ count, labels, classNames = [] }: NumberedImages): string[] {
  const folders = folderNames(classNames);
  return Array.from({ length: count }, (_, i) =>
    labels === undefined ? nameOf(i) : join(folders[labels[i]] ?? String(labels[i]), nameOf(i)),
  );
}

/** Class names as folders: none leads elsewhere, and no two are one where a file system does not tell cases apart. */
function folderNames(classNames: readonly string[]): string[] {
  const plain = classNames.map((name) =>
    name.replace(/[^\p{L}\p{N}\p{M} ._-]/gu, '_').replace(/^\.+|[. ]+$/g, '_'),
  );
  const lower = plain.map((name) => name.toLowerCase());
  return plain.map((name, i) =>
    name === '' || lower.indexOf(lower[i]) !== lower.lastIndexOf(lower[i]) ? `${i}-${name}` : name,
  );
}

/**
 * Checks that a folder and its sub-folders hold no pictures but those that will be written over: what counts its files later should not
 * count those of another call, nor find images beside classes.
 *
 * @throws UsageError naming one that would stay
 */
export function checkFolder(out: string, images: NumberedImages): void {
  if (!existsSync(out) || !statSync(out).isDirectory()) return;
  const written = new Set(fileNames(images));
  // As a data set is read: all sub-folders are classes, but for hidden ones.
  const inner = readdirSync(out).filter((name) => !name.startsWith('.') && isFolder(join(out, name)));
  const there = ['.', ...inner].flatMap((folder) =>
    readdirSync(join(out, folder)).map((file) => join(folder, file)),
  );
  const other = there.find((file) => /\.(png|jpe?g|gif|webp|bmp)$/i.test(file) && !written.has(file));
  if (other !== undefined)
    throw new UsageError(
      `--out ${out} holds ${other}, which the ${images.count} images would lie beside: choose an empty folder`,
    );
}

/** Writes each image alone, without a border, into a folder that is made, under the names of {@link fileNames}. */
export async function writeImages(
  out: string,
  { values, shape }: ImageBatch,
  names: readonly string[],
): Promise<void> {
  for (const folder of new Set(names.map((name) => dirname(name)))) makeFolder(join(out, folder));
  for (const [i, image] of eachImage({ values, shape }).entries())
    await writePng(join(out, names[i]), sampleGrid(image, { padding: 0 }));
}

/** Images one by one. */
export function eachImage({ values, shape }: ImageBatch): ImageBatch[] {
  const [count, ...rest] = shape;
  const size = values.length / count;
  return Array.from({ length: count }, (_, i) => ({
    values: values.subarray(i * size, (i + 1) * size),
    shape: [1, ...rest],
  }));
}

function nameOf(index: number): string {
  return `${String(index).padStart(DIGITS, '0')}.png`;
}
