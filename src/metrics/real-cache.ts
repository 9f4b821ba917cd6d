import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { GanError, hasCode, messageOf } from '../errors';
import { makeFolder } from '../io/make-folder';
import { readSealed, writeSealed } from '../io/sealed-safetensors';
import { recordsToTensors, tensorsToRecords } from '../io/tensors';
import { writeWhole } from '../io/whole-file';
import { cacheFolder } from '../native/root';
import { keep, scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import type { FeatureExtractor } from './extractor';
import { FeatureMoments } from './moments';

/** The version of what the cache holds: raised when the computation changes. */
const VERSION = 2;

/** What statistics are of, beside the images, and where they are kept. */
export interface StatisticsId {
  readonly extractor: FeatureExtractor;
  /** Where they are put (cpu). */
  readonly device?: string;
  /** The folder (the user's cache); null for none. */
  readonly cache?: string | null;
  /** Images in the moments, and those whose features are kept one by one. */
  readonly count: number;
  readonly capacity: number;
}

/** The file that statistics of images with this hash are kept in; null for none. */
export function statisticsFile(
  hash: string,
  { extractor, count, capacity, cache }: StatisticsId,
): string | null {
  if (cache === null) return null;
  const { name, sha256, resize, trial } = extractor;
  const key = createHash('sha256')
    .update(JSON.stringify([VERSION, hash, name, sha256, resize, trial, count, capacity]))
    .digest('hex');
  return join(cache ?? join(cacheFolder(), 'statistics'), `${key}.safetensors`);
}

/** What is computed from real images once. */
export interface Statistics {
  readonly moments: FeatureMoments;
  readonly features: Tensor;
}

/**
 * Statistics from the cache; null where they are not there, or damaged: they are computed again.
 *
 * @param onNote is told that they were damaged
 */
export async function readStatistics(
  file: string,
  id: StatisticsId,
  onNote?: (note: string) => void,
): Promise<Statistics | null> {
  try {
    return await openStatistics(file, id);
  } catch (error) {
    if (!hasCode(error, 'ERR_CANNOT_READ'))
      onNote?.(`kept statistics of real images: ${messageOf(error)}; they are computed again`);
    return null;
  }
}

async function openStatistics(
  file: string,
  { extractor: { dimensions }, count, capacity, device = 'cpu' }: StatisticsId,
): Promise<Statistics> {
  const { features, ...state } = (await readSealed(file)).records;
  if (String(features?.shape) !== String([capacity, dimensions])) throw otherStatistics(file);
  const moments = scope(() => FeatureMoments.fromState(recordsToTensors(state), { device }));
  if (moments.count === count && moments.dimensions === dimensions)
    return { moments, features: keep(recordsToTensors({ features }, { device }).features) };
  moments.dispose();
  throw otherStatistics(file);
}

function otherStatistics(file: string): GanError {
  return new GanError('ERR_BAD_SAFETENSORS', `${file} holds other statistics than its name says`);
}

/** Two evaluations may do it at once. */
export async function writeStatistics(file: string, { moments, features }: Statistics): Promise<void> {
  const records = scope(() => tensorsToRecords({ ...moments.stateDict(), features }));
  try {
    makeFolder(dirname(file));
    await writeWhole(file, (partial) => writeSealed(partial, records));
  } catch {
    // Without a cache it is slower the next time, and nothing else.
  }
}
