import { join } from 'node:path';
import { pathText } from '../check';
import { UsageError } from '../errors';
import { ImageDataset } from './dataset';
import { decodeImage } from './decode-image';
import type { DecodedForm, Fit } from './decoded-form';
import { type FolderContents, readFolder } from './folder-contents';
import { listSplit, noTestSplit, type Split, splitFolders } from './folder-split';
import { type ImageList, listImages } from './image-list';
import { type Resolution, requireResolution } from './image-size';
import { packedImages } from './pack-images';
import type { PackOptions } from './pack-options';

/** Of images of files, where nobody says. */
export const USUAL_CHANNELS = 3;

/** The form that images of files are brought to. */
export interface DecodingOptions extends PackOptions {
  /** Height and width in pixels, or one number for both (64). */
  readonly resolution?: Resolution;
  /** 1 = grey, 2 = grey and alpha, 3 = RGB, 4 = RGBA (3). */
  readonly channels?: number;
  /** How images of other proportions are brought to that size (crop). */
  readonly fit?: Fit;
}

/** How a folder of images is to be read. */
export interface ImageFolderOptions extends DecodingOptions {
  /** Of a folder with the sub-folders `train` and `val`, `valid`, `validation` or `test` (train). */
  readonly split?: Split;
  /** The data set's name (folder:PATH). */
  readonly name?: string;
}

/**
 * A folder of JPEG, PNG, WebP, GIF, TIFF and BMP images of any size, brought to one size; class sub-folders become
 * labels, a flat folder is unlabelled. Sub-folders `train` and `val`, `valid`, `validation` or `test` are splits,
 * each with class sub-folders or without. Decoding is slower than training, so it is done once, into a packed file in the cache that
 * is found again by the files' names, sizes and times, and the form of the images.
 * @throws ERR_BAD_IMAGE naming the file (`onBadImage: 'fail'`); ERR_DATA_MISSING, ERR_DATA_EMPTY, ERR_DATA_LAYOUT (also where others lie beside two splits); ERR_NO_SHARP;
 *   ERR_CACHE when the packed file cannot be written; ERR_USAGE for the test split of a folder without one.
 */
export async function imageFolder(
  folder: string,
  { name = `folder:${folder}`, split = 'train', ...options }: ImageFolderOptions = {},
): Promise<ImageDataset> {
  pathText('imageFolder', folder);
  const form = decodedForm(name, options);
  return listedImages(await listFolder(await readFolder(folder), { name, split }), {
    name,
    form,
    ...options,
  });
}

/** The images of a folder, or of one of its splits. @throws as {@link imageFolder}, but for what is in the files */
export function listFolder(
  contents: FolderContents,
  { name, split }: { name: string; split: Split },
): Promise<ImageList> {
  const folders = splitFolders(contents);
  if (folders) return listSplit(contents, folders, { name, split });
  if (split === 'test') throw noTestSplit(name);
  return listImages(contents);
}

/** The images of a list as a data set, decoded on first use. */
export async function listedImages(
  { folder, images, classNames, notes }: ImageList,
  { name, form, ...options }: PackOptions & { readonly name: string; readonly form: DecodedForm },
): Promise<ImageDataset> {
  const { fit, ...shape } = form;
  const packed = await packedImages({
    ...options,
    name,
    folder,
    key: [shape, fit, images.map(({ file, bytes, modified }) => [file, bytes, modified])],
    examples: images,
    classNames,
    imageBytes: shape.channels * shape.height * shape.width,
    decode: (sharp, { file }) => decodeImage(sharp, join(folder, file), form),
  });
  return new ImageDataset({ name, ...shape, ...packed, notes: [...notes, ...packed.notes], path: folder });
}

/** {@link DecodingOptions} with what is not said filled in. @throws UsageError for one that is out of range */
export function decodedForm(
  name: string,
  { resolution = 64, channels = USUAL_CHANNELS, fit = 'crop' }: DecodingOptions,
): DecodedForm {
  const size = requireResolution(name, resolution);
  if (![1, 2, 3, 4].includes(channels))
    throw new UsageError(
      `${name}: channels must be 1 (grey), 2 (grey and alpha), 3 (RGB) or 4 (RGBA), got ${channels}`,
    );
  if (!['crop', 'pad', 'stretch'].includes(fit))
    throw new UsageError(`${name}: fit must be crop, pad or stretch, got ${fit}`);
  return { channels, ...size, fit };
}
