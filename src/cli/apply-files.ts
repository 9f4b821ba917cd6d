import { existsSync, statSync } from 'node:fs';
import { basename, extname, join, relative } from 'node:path';
import { kindsOf, readFolder } from '../data/folder-contents';
import { FORMATS } from '../data/image-formats';
import { GanError, UsageError } from '../errors';
import { maskFinder } from './apply-masks';
import type { ApplySettings } from './apply-settings';
import { liesIn, realOf } from './real-path';

/** An image to take in. */
export interface AppliedFile {
  readonly from: string;
  /** The picture to write; null for none. */
  readonly to: string | null;
  /** The picture that is white where it has a hole; absent where there are no masks. */
  readonly mask?: string;
}

/**
 * The images at `--in`, each with the picture that is to be written: for one image the file `--out`, or one of its name in the folder
 * `--out`; for a folder files of the same names in `--out`, with the ending `.png`. What lies in `--out` or `--mask` is not taken in. Masks: {@link maskFinder}.
 *
 * @throws UsageError where something would be written over an image, or among the images, or two pictures would have one name; GanError
 *   `ERR_DATA_EMPTY` for a folder without images, `ERR_DATA_MISSING` for a path that is not there
 */
export async function appliedFiles({
  in: input,
  out,
  raw,
  mask,
}: Pick<ApplySettings, 'in' | 'out' | 'raw' | 'mask'>): Promise<AppliedFile[]> {
  if (!existsSync(input))
    throw new GanError('ERR_DATA_MISSING', `--in ${input}: expected an image or a folder, but there is none`);
  const found = statSync(input).isDirectory() ? await ofFolder(input, { out, mask }) : [ofFile(input, out)];
  const files = mask === undefined ? found : await withMasks(found, { in: input, mask });
  checkWritten(files, { out, raw });
  return files;
}

function ofFile(input: string, out: string | undefined): AppliedFile {
  if (out === undefined) return { from: input, to: null };
  const isFolder = existsSync(out) ? statSync(out).isDirectory() : extname(out) === '';
  if (!isFolder && extname(out).toLowerCase() !== '.png')
    throw new UsageError(
      `--out ${out}: pictures are written as PNG: try --out ${basename(out, extname(out))}.png`,
    );
  return { from: input, to: isFolder ? join(out, asPng(basename(input))) : out };
}

async function withMasks(
  files: readonly AppliedFile[],
  { in: input, mask }: { readonly in: string; readonly mask: string },
): Promise<AppliedFile[]> {
  const maskOf = await maskFinder(mask);
  const isFolder = statSync(input).isDirectory();
  return files.map((file) => ({
    ...file,
    mask: maskOf(file.from, isFolder ? relative(input, file.from) : basename(file.from)),
  }));
}

async function ofFolder(
  input: string,
  { out, mask }: Pick<ApplySettings, 'out' | 'mask'>,
): Promise<AppliedFile[]> {
  if (out !== undefined && (existsSync(out) ? !statSync(out).isDirectory() : isPng(out)))
    throw new UsageError(`--out ${out} is a file, but --in ${input} is a folder: name a folder`);
  if (out !== undefined && realOf(out) === realOf(input))
    throw new UsageError(
      `--out ${out} is the folder --in: what is made would lie among the images, or overwrite them: choose another folder`,
    );
  const { images, others } = await readFolder(input);
  const files = images.map((file) => ({
    from: join(input, file),
    to: out === undefined ? null : join(out, asPng(file)),
  }));
  const besides = [out, mask].flatMap((folder) => folder ?? []);
  const taken = files.filter(({ from }) => !besides.some((folder) => liesIn(folder, from)));
  if (taken.length > 0) return taken;
  if (files.length > 0)
    throw new GanError(
      'ERR_DATA_EMPTY',
      `--in ${input}: all of its ${files.length} images lie in --out or --mask, and are not taken in: name the folder of the images, or others for those`,
    );
  const found = others.length > 0 ? `, but there are others: ${kindsOf(others)}` : '';
  throw new GanError(
    'ERR_DATA_EMPTY',
    `--in ${input} holds no images: ${FORMATS} files are expected in it${found}`,
  );
}

/** @throws UsageError where a picture, or the file of tensors, would take the place of an image or of another picture */
function checkWritten(files: readonly AppliedFile[], { out, raw }: Pick<ApplySettings, 'out' | 'raw'>): void {
  const inputs = new Set(files.map(({ from }) => realOf(from)));
  const masks = new Set(files.flatMap(({ mask }) => (mask === undefined ? [] : [realOf(mask)])));
  if (raw !== undefined && (inputs.has(realOf(raw)) || masks.has(realOf(raw))))
    throw new UsageError(
      `--raw ${raw} would overwrite ${inputs.has(realOf(raw)) ? 'an image of --in' : 'a mask'}: choose another file`,
    );
  const taken = new Map<string, string>();
  for (const { from, to } of files) {
    if (to === null) continue;
    const place = realOf(to);
    if (masks.has(place))
      throw new UsageError(`--out ${out} would overwrite the mask ${to}: choose another place`);
    if (inputs.has(place))
      throw new UsageError(`--out ${out} would overwrite the image ${to} of --in: choose another place`);
    const other = taken.get(place);
    if (other !== undefined)
      throw new UsageError(`${other} and ${from} would both become ${to}: rename one of them`);
    if (raw !== undefined && realOf(raw) === place)
      throw new UsageError(`--raw ${raw} would overwrite the picture of ${from}: choose another file`);
    taken.set(place, from);
  }
}

function isPng(path: string): boolean {
  return extname(path).toLowerCase() === '.png';
}

function asPng(file: string): string {
  return `${file.slice(0, file.length - extname(file).length)}.png`;
}
