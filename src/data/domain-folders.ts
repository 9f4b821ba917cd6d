import { join } from 'node:path';
import { GanError, UsageError } from '../errors';
import { type ImageDataset } from './dataset';
import { decodeHalves, decodeImage } from './decode-image';
import { type FolderContents, leftOut, readFolder, topOf, within } from './folder-contents';
import { noTestSplit, type Split, type SplitFolders, splitFolders } from './folder-split';
import { type DecodingOptions, decodedForm, listedImages } from './image-folder';
import { describeFiles, type ListedFile } from './image-list';
import { packedImages } from './pack-images';
import { PairedDataset } from './paired';
import { UnpairedDataset } from './unpaired';

/** How folders of two domains are read. */
export interface DomainOptions extends DecodingOptions {
  /** (train) */
  readonly split?: Split;
  /** The data set's name. */
  readonly name?: string;
}

const PAIRED_LAYOUT =
  'expected the folders train and test (or val) of images side by side, or trainA, trainB, testA and testB with equal file names';
const UNPAIRED_LAYOUT = 'expected the folders trainA and trainB, and perhaps testA and testB';

/**
 * Pairs of images in a folder: `train` and `val`, `valid` or `test` with images side by side, A left and B right, or `trainA`, `trainB`,
 * `testA` and `testB` with equal file names, endings aside. Decoded once, into the cache.
 *
 * @throws ERR_DATA_LAYOUT for folders that are neither; UsageError where files have no partner; ERR_BAD_IMAGE naming a file that is no
 *   image, or of odd width where two images lie side by side; as `imageFolder`
 */
export async function pairedFolder(
  folder: string,
  { name = `pairs:${folder}`, split = 'train', ...options }: DomainOptions = {},
): Promise<PairedDataset> {
  const contents = await readFolder(folder);
  const domains = domainFolders(contents, split, name);
  if (domains) return twoFolders(contents, { ...options, name, domains });
  const folders = splitFolders(contents);
  if (!folders) throw badLayout(folder, PAIRED_LAYOUT, contents);
  return sideBySide(within(contents, chosen(folders, split, name)), { ...options, name });
}

/**
 * Images of two domains in the folders `trainA`, `trainB`, `testA` and `testB`, whose file names do not matter.
 *
 * @throws ERR_DATA_LAYOUT without them; as `imageFolder`
 */
export async function unpairedFolder(
  folder: string,
  { name = `unpaired:${folder}`, split = 'train', ...options }: DomainOptions = {},
): Promise<UnpairedDataset> {
  const contents = await readFolder(folder);
  const domains = domainFolders(contents, split, name);
  if (!domains) throw badLayout(folder, UNPAIRED_LAYOUT, contents);
  const load = async (top: string): Promise<ImageDataset> => {
    const { folder: path, images, others } = within(contents, top);
    requireImages(path, images);
    const listed = (await describeFiles(path, images)).map((file) => ({ ...file, label: 0 }));
    const notes = leftOut(others).map((note) => `${top}: ${note}`);
    const form = decodedForm(name, options);
    const list = { folder: path, images: listed, classNames: [], notes };
    return listedImages(list, { ...options, name: `${name} (${top})`, form });
  };
  return new UnpairedDataset(name, { a: await load(domains.a), b: await load(domains.b) });
}

/** Whether a folder of pairs or domains has images that are held out. */
export async function hasHeldOut(folder: string): Promise<boolean> {
  const contents = await readFolder(folder);
  const [a, b] = ['A', 'B'].map((domain) => splitFolders(contents, domain, { others: true }));
  if (a && b) return a.test !== null && b.test !== null;
  const folders = splitFolders(contents);
  return folders !== null && folders.test !== null;
}

/** The sub-folders of both domains for a part of the set; null where it has none. */
function domainFolders(
  contents: FolderContents,
  split: Split,
  name: string,
): { readonly a: string; readonly b: string } | null {
  const [a, b] = ['A', 'B'].map((domain) => splitFolders(contents, domain, { others: true }));
  return a && b && { a: chosen(a, split, name), b: chosen(b, split, name) };
}

function chosen({ train, test }: SplitFolders, split: Split, name: string): string {
  if (split === 'train') return train;
  if (test === null) throw noTestSplit(name);
  return test;
}

type Named<T> = T & DecodingOptions & { readonly name: string };

interface Pair {
  readonly a: ListedFile;
  readonly b: ListedFile;
}

async function twoFolders(
  contents: FolderContents,
  { name, domains, ...options }: Named<{ readonly domains: { readonly a: string; readonly b: string } }>,
): Promise<PairedDataset> {
  const { folder } = contents;
  const [a, b] = await Promise.all([domains.a, domains.b].map((top) => listDomain(contents, top)));
  const pairs = pairUp(folder, { a, b, domains });
  const form = decodedForm(name, options);
  const { fit, ...shape } = form;
  const facts = ({ file, bytes, modified }: ListedFile) => [file, bytes, modified];
  const packed = await packedImages({
    ...options,
    name,
    folder,
    key: ['pairs', shape, fit, domains, pairs.map((pair) => [facts(pair.a), facts(pair.b)])],
    examples: pairs.map((pair) => ({ ...pair, file: join(domains.a, pair.a.file), label: 0 })),
    classNames: [],
    imageBytes: 2 * shape.channels * shape.height * shape.width,
    decode: async (sharp, pair) => {
      const paths = [join(folder, domains.a, pair.a.file), join(folder, domains.b, pair.b.file)];
      return Buffer.concat(await Promise.all(paths.map((path) => decodeImage(sharp, path, form))));
    },
  });
  const notes = [domains.a, domains.b].flatMap((top) =>
    leftOut(within(contents, top).others).map((note) => `${top}: ${note}`),
  );
  return new PairedDataset({ name, shapes: { a: shape, b: shape }, ...packed, notes });
}

async function sideBySide(
  { folder, images, others }: FolderContents,
  { name, ...options }: Named<object>,
): Promise<PairedDataset> {
  requireImages(folder, images);
  const form = decodedForm(name, options);
  const { fit, ...shape } = form;
  const listed = await describeFiles(folder, images);
  const packed = await packedImages({
    ...options,
    name,
    folder,
    key: ['halves', shape, fit, listed.map(({ file, bytes, modified }) => [file, bytes, modified])],
    examples: listed.map((file) => ({ ...file, label: 0 })),
    classNames: [],
    imageBytes: 2 * shape.channels * shape.height * shape.width,
    decode: (sharp, { file }) => decodeHalves(sharp, join(folder, file), form),
  });
  return new PairedDataset({ name, shapes: { a: shape, b: shape }, ...packed, notes: leftOut(others) });
}

async function listDomain(contents: FolderContents, top: string): Promise<readonly ListedFile[]> {
  const { folder, images } = within(contents, top);
  requireImages(folder, images);
  return describeFiles(folder, images);
}

/** Names that an error lists. */
const NAMED = 3;

/** Files of equal names, endings aside. @throws UsageError naming those without a partner */
function pairUp(
  folder: string,
  {
    a,
    b,
    domains,
  }: {
    readonly a: readonly ListedFile[];
    readonly b: readonly ListedFile[];
    readonly domains: { readonly a: string; readonly b: string };
  },
): Pair[] {
  const stem = ({ file }: ListedFile) => file.replace(/\.[^./\\]*$/, '');
  const partners = new Map(b.map((file) => [stem(file), file]));
  const names = new Set(a.map(stem));
  const alone = {
    [domains.a]: a.filter((file) => !partners.has(stem(file))),
    [domains.b]: b.filter((file) => !names.has(stem(file))),
  };
  const lonely = Object.entries(alone).filter(([, files]) => files.length > 0);
  if (lonely.length > 0) {
    const said = lonely.map(([top, files]) => {
      const named = files.slice(0, NAMED).map(({ file }) => file);
      return `${files.length} of the ${top === domains.a ? a.length : b.length} in ${top} have no partner (${named.join(', ')}${files.length > NAMED ? ', …' : ''})`;
    });
    throw new UsageError(
      `${folder}: pairs need files of equal names in ${domains.a} and ${domains.b}, but ${said.join(' and ')}: rename or remove them, or train on unpaired:${folder}`,
    );
  }
  return a.flatMap((file) => {
    const partner = partners.get(stem(file));
    return partner ? [{ a: file, b: partner }] : [];
  });
}

function requireImages(folder: string, images: readonly string[]): void {
  if (images.length === 0) throw new GanError('ERR_DATA_EMPTY', `${folder} holds no images`);
}

function badLayout(folder: string, expected: string, { folders, images }: FolderContents): GanError {
  const tops = [...new Set([...folders, ...images].map(topOf))];
  const found = tops.length > 0 ? tops.slice(0, 8).join(', ') : 'nothing';
  return new GanError('ERR_DATA_LAYOUT', `${folder}: ${expected}, but it holds ${found}`);
}
