import { pathText } from '../check';
import { requireDomains } from './domain-folders';
import { readFolder } from './folder-contents';
import { listSplit } from './folder-split';
import { decodedForm, type ImageFolderOptions, listedImages } from './image-folder';
import { UnpairedDataset } from './unpaired-dataset';

/**
 * A folder of two domains: images in `trainA` and `trainB`, and in `testA` and `testB` (or `val…`) those to hold out; or in `A` and `B`.
 * Names do not matter. Sub-folders of a domain are its classes. Read and packed as {@link imageFolder} does.
 * @throws ERR_DATA_LAYOUT for a folder without such sub-folders; else as `imageFolder`.
 */
export async function unpairedFolder(
  folder: string,
  { name = `unpaired:${folder}`, split = 'train', ...options }: ImageFolderOptions = {},
): Promise<UnpairedDataset> {
  pathText('unpairedFolder', folder);
  const form = decodedForm(name, options);
  const contents = await readFolder(folder);
  const domains = requireDomains(contents);
  const load = async (domain: 'a' | 'b') => {
    const list = await listSplit(contents, domains[domain], { name, split });
    return listedImages(list, { ...options, name: `${name} (${domain})`, form });
  };
  return new UnpairedDataset({ name, a: await load('a'), b: await load('b') });
}
