import { existsSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { kindsOf, readFolder } from '../data/folder-contents';
import { FORMATS } from '../data/image-formats';
import { GanError, UsageError } from '../errors';

/** An image to take in, and the picture to write. */
export interface AppliedFile {
  readonly from: string;
  readonly to: string;
}

/**
 * The images at a path, each with the picture that is to be written: for one image the file `out`, or one of its name in the folder
 * `out`; for a folder files of the same names in `out`, with the ending `.png`.
 *
 * @throws UsageError where a picture would take the place of an image, or two would have one name; GanError `ERR_DATA_EMPTY` for a folder
 *   without images, `ERR_DATA_MISSING` for a path that is not there
 */
export async function appliedFiles(input: string, out: string): Promise<AppliedFile[]> {
  if (!existsSync(input))
    throw new GanError('ERR_DATA_MISSING', `--in ${input}: expected an image or a folder, but there is none`);
  const files = statSync(input).isDirectory() ? await ofFolder(input, out) : [ofFile(input, out)];
  const taken = new Map<string, string>();
  const inputs = new Set(files.map(({ from }) => realpathSync(from)));
  for (const { from, to } of files) {
    if (inputs.has(realOf(to)))
      throw new UsageError(`--out ${out} would overwrite the image ${to} of --in: choose another folder`);
    const other = taken.get(to);
    if (other !== undefined)
      throw new UsageError(`${other} and ${from} would both become ${to}: rename one of them`);
    taken.set(to, from);
  }
  return files;
}

function ofFile(input: string, out: string): AppliedFile {
  const isFolder = existsSync(out) ? statSync(out).isDirectory() : extname(out) === '';
  if (!isFolder && extname(out).toLowerCase() !== '.png')
    throw new UsageError(
      `--out ${out}: pictures are written as PNG: try --out ${basename(out, extname(out))}.png`,
    );
  return { from: input, to: isFolder ? join(out, asPng(basename(input))) : out };
}

async function ofFolder(input: string, out: string): Promise<AppliedFile[]> {
  if (existsSync(out) && !statSync(out).isDirectory())
    throw new UsageError(`--out ${out} is a file, but --in ${input} is a folder: name a folder`);
  const { images, others } = await readFolder(input);
  if (images.length === 0) {
    const found = others.length > 0 ? `, but there are others: ${kindsOf(others)}` : '';
    throw new GanError(
      'ERR_DATA_EMPTY',
      `--in ${input} holds no images: ${FORMATS} files are expected in it${found}`,
    );
  }
  return images.map((file) => ({ from: join(input, file), to: join(out, asPng(file)) }));
}

function asPng(file: string): string {
  return `${file.slice(0, file.length - extname(file).length)}.png`;
}

/** Where a path leads to, also where its last parts are not there yet. */
function realOf(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  const parent = dirname(resolve(path));
  return parent === resolve(path) ? parent : join(realOf(parent), basename(path));
}
