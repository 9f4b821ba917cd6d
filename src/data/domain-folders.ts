import { join } from 'node:path';
import { GanError } from '../errors';
import { type FolderContents, topOf, within } from './folder-contents';
import { findSplit, type SplitFolders, splitFolders } from './folder-split';

/** Where the images of two domains are. */
export type DomainFolders = Readonly<Record<'a' | 'b', SplitFolders>>;

/**
 * The sub-folders of two domains: `trainA`, `trainB` and for the part to hold out `testA`, `testB` (or `val…`), or `A` and `B`, each as it
 * is or with `train` and `test` inside; null where there are none.
 * @throws ERR_DATA_LAYOUT where one of the two is missing
 */
export function domainFolders(contents: FolderContents): DomainFolders | null {
  const [a, b] = ['A', 'B'].map((domain) => findDomain(contents, domain));
  if (a && b) return { a, b };
  const found = a ?? b;
  if (!found) return null;
  throw new GanError(
    'ERR_DATA_LAYOUT',
    `${contents.folder} holds ${found.train}, but nothing of domain ${a ? 'B' : 'A'}: trainA and trainB, or A and B, are expected`,
  );
}

/** The two domains of a folder. @throws ERR_DATA_LAYOUT for one without such sub-folders, and as {@link domainFolders} */
export function requireDomains(contents: FolderContents): DomainFolders {
  const domains = domainFolders(contents);
  if (domains) return domains;
  throw new GanError(
    'ERR_DATA_LAYOUT',
    `${contents.folder} holds no two domains: sub-folders are expected, trainA and trainB, or A and B`,
  );
}

function findDomain(contents: FolderContents, domain: string): SplitFolders | null {
  const beside = findSplit(contents, domain);
  if (beside) return beside;
  const top = contents.folders.find(
    (path) => topOf(path) === path && path.toLowerCase() === domain.toLowerCase(),
  );
  if (top === undefined) return null;
  const inside = splitFolders(within(contents, top));
  if (!inside) return { train: top, test: null };
  return { train: join(top, inside.train), test: inside.test === null ? null : join(top, inside.test) };
}
