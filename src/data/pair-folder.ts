import { extname, join } from 'node:path';
import { pathText } from '../check';
import { GanError, UsageError } from '../errors';
import { decodeHalves, decodeImage, type Sharp } from './decode-image';
import type { DecodedForm } from './decoded-form';
import { type DomainFolders, domainFolders } from './domain-folders';
import { type FolderContents, leftOut, readFolder, within } from './folder-contents';
import { findSplit, noTestSplit, type Split, type SplitFolders } from './folder-split';
import { decodedForm, type ImageFolderOptions } from './image-folder';
import { describeFiles, type ListedFile, requireImages } from './image-list';
import { type PackedExample, packedImages } from './pack-images';
import { PairedDataset } from './paired-dataset';

/** Pairs as they lie in files. */
interface PairList {
  /** What decoded pixels depend on. */
  readonly key: unknown;
  readonly examples: readonly PackedExample[];
  readonly notes: readonly string[];
  /** Decodes a pair into uint8 [2 · C, H, W]. */
  readonly decode: (sharp: Sharp, example: PackedExample) => Promise<Uint8Array>;
}

/**
 * A folder of pairs: images in `train` with the two side by side, A left and B right, and in `val`, `valid`, `validation` or `test` those to
 * hold out; or images in `trainA` and `trainB` with equal names, and in `testA` and `testB`; or in `A` and `B`. Extensions may
 * differ. Each image is brought to the resolution and channels by itself, and packed as those of {@link imageFolder} are.
 * @throws ERR_USAGE for names that have no partner, naming the first; ERR_DATA_LAYOUT for a folder without such sub-folders;
 *   ERR_BAD_IMAGE for a side-by-side image of odd width; else as `imageFolder`.
 */
export async function pairFolder(
  folder: string,
  { name = `pairs:${folder}`, split = 'train', ...options }: ImageFolderOptions = {},
): Promise<PairedDataset> {
  pathText('pairFolder', folder);
  const form = decodedForm(name, options);
  const { fit, channels, ...size } = form;
  const pairs = await listPairs(await readFolder(folder), { name, split, form });
  const { pixels, skipped, notes } = await packedImages({
    ...options,
    ...pairs,
    name,
    folder,
    key: ['pairs', form, pairs.key],
    classNames: [],
    imageBytes: 2 * channels * size.height * size.width,
  });
  return new PairedDataset({
    name,
    channels: { a: channels, b: channels },
    ...size,
    pixels,
    skipped,
    notes: [...pairs.notes, ...notes],
    path: folder,
  });
}

interface Wanted {
  readonly name: string;
  readonly split: Split;
  readonly form: DecodedForm;
}

function listPairs(contents: FolderContents, wanted: Wanted): Promise<PairList> {
  const domains = domainFolders(contents);
  if (domains) return pairsByName(contents, domains, wanted);
  const split = findSplit(contents);
  if (split) return pairsSideBySide(contents, split, wanted);
  throw noPairs(contents);
}

/** For a folder that has neither two domains nor splits. */
export function noPairs({ folder }: FolderContents): GanError {
  return new GanError(
    'ERR_DATA_LAYOUT',
    `${folder} holds no pairs: sub-folders are expected, train with images side by side (A left, B right), or trainA and trainB, or A and B, with equal names`,
  );
}

function partOf(contents: FolderContents, folders: SplitFolders, { name, split }: Wanted): FolderContents {
  const path = folders[split];
  if (path === null) throw noTestSplit(name);
  const part = within(contents, path);
  requireImages(part);
  return part;
}

async function pairsSideBySide(
  contents: FolderContents,
  folders: SplitFolders,
  wanted: Wanted,
): Promise<PairList> {
  const { folder, images, others } = partOf(contents, folders, wanted);
  const files = await describeFiles(folder, images);
  return {
    key: [folders[wanted.split], keysOf(files)],
    examples: files.map(({ file }) => ({ file, label: 0 })),
    notes: leftOut(others),
    decode: (sharp, { file }) => decodeHalves(sharp, join(folder, file), wanted.form),
  };
}

async function pairsByName(
  contents: FolderContents,
  { a, b }: DomainFolders,
  wanted: Wanted,
): Promise<PairList> {
  const [left, right] = [partOf(contents, a, wanted), partOf(contents, b, wanted)];
  const partners = matchNames(wanted.name, left, right);
  const filesA = await describeFiles(left.folder, [...partners.keys()]);
  const filesB = await describeFiles(right.folder, [...partners.values()]);
  return {
    key: [a[wanted.split], keysOf(filesA), b[wanted.split], keysOf(filesB)],
    examples: filesA.map(({ file }) => ({ file, label: 0 })),
    notes: leftOut([...left.others, ...right.others]),
    async decode(sharp, { file }) {
      const paths = [join(left.folder, file), join(right.folder, partners.get(file) ?? file)];
      return Buffer.concat(await Promise.all(paths.map((path) => decodeImage(sharp, path, wanted.form))));
    },
  };
}

function keysOf(files: readonly ListedFile[]): unknown {
  return files.map(({ file, bytes, modified }) => [file, bytes, modified]);
}

/** For each image of `a`, in order, the one of `b` that has its name without the extension. */
function matchNames(name: string, a: FolderContents, b: FolderContents): Map<string, string> {
  const [filesA, filesB] = [a, b].map((side) => byStem(name, side));
  const aloneA = [...filesA.keys()].filter((stem) => !filesB.has(stem));
  const aloneB = [...filesB.keys()].filter((stem) => !filesA.has(stem));
  if (aloneA.length > 0 || aloneB.length > 0)
    throw new UsageError(
      `${name}: images of equal names are pairs, but ${alone(a, aloneA)} and ${alone(b, aloneB)}: remove or rename them, or try unpaired:PATH`,
    );
  return new Map([...filesA].map(([stem, file]) => [file, filesB.get(stem) ?? file]));
}

function byStem(name: string, { folder, images }: FolderContents): Map<string, string> {
  const files = new Map<string, string>();
  for (const file of images) {
    const stem = file.slice(0, file.length - extname(file).length);
    const other = files.get(stem);
    if (other !== undefined)
      throw new UsageError(
        `${name}: images of equal names are pairs, but ${folder} holds both ${other} and ${file}: remove one of them`,
      );
    files.set(stem, file);
  }
  return files;
}

/** Names that an error tells. */
const TOLD = 3;

function alone({ folder }: FolderContents, stems: readonly string[]): string {
  if (stems.length === 0) return `none of ${folder} lacks a partner`;
  const more = stems.length > TOLD ? ', …' : '';
  const have = stems.length === 1 ? 'has' : 'have';
  return `${stems.length} of ${folder} ${have} none in the other (${stems.slice(0, TOLD).join(', ')}${more})`;
}
