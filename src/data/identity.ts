import { createHash } from 'node:crypto';
import { contentHash, type HashedImages } from './content-hash';

/** What images of a data set were, for those who come back to it later. */
export interface PartIdentity {
  /** In the order of their labels; empty = unlabelled. */
  readonly classNames: readonly string[];
  /** Absolute path of the folder that the images are read from; absent where there is none. */
  readonly path?: string;
  /** How many there are; for images of files. */
  readonly count?: number;
  /** Of pixels and labels, in their order; for images of files. */
  readonly sha256?: string;
}

/** A {@link PartIdentity} for each name that images have in batches. */
export type DataIdentity = Readonly<Record<string, PartIdentity>>;

/** Images, and where they came from. */
export interface IdentifiedImages extends HashedImages {
  readonly labels: Int32Array | null;
  readonly classNames: readonly string[];
  readonly path: string | null;
}

/** The identity of images: those of files are read and hashed, those that a program made are not. */
export async function identityOf(images: IdentifiedImages): Promise<PartIdentity> {
  const { classNames, path, labels, count } = images;
  if (path === null) return { classNames };
  const hash = createHash('sha256').update(`${await contentHash(images)}\n`);
  if (labels) hash.update(labels);
  return { classNames, path, count, sha256: hash.digest('hex') };
}
