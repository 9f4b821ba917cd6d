import type { DataIdentity, PartIdentity } from '../data/identity';
import type { Loader } from '../data/loader';
import { GanError } from '../errors';
import type { CheckpointDescription } from './manifest';

/** What a run that goes on finds in place of its data. */
export interface FoundData {
  readonly loader: Loader;
  /** What the loader's images are; absent where it does not tell. */
  readonly data: DataIdentity | undefined;
  /** Settings to go on with. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** What came of a comparison that let the run go on. */
export interface ComparedData {
  /** Sentences about what changed and may. */
  readonly notes: readonly string[];
  /** Whether the loader's place is one of this data: a set of another number of images has other epochs. */
  readonly keepsPlace: boolean;
}

/**
 * Compares the data of a run with what it finds when it goes on. Images of files are compared by their hash: the same at another path are
 * the same. Those that a program made, and checkpoints that say nothing of their data, are compared by the number of batches alone.
 *
 * @throws GanError `ERR_DATA_CHANGED` for other classes, and for other images at another path; `ERR_LOADER_STATE` for another number of
 *   batches of images that are not known to have changed
 */
export function checkSameData(
  { batchesPerEpoch: batches, data: known = {}, settings }: CheckpointDescription,
  { loader, data = {}, settings: now }: FoundData,
): ComparedData {
  const parts = Object.keys(data).flatMap((key) =>
    known[key] ? [{ before: known[key], after: data[key] }] : [],
  );
  for (const part of parts) requireSameClasses(loader.name, part);
  const comparable = parts.filter(({ before, after }) => isOfFiles(before) === isOfFiles(after));
  const told = Math.max(1, Object.keys(data).length);
  if (now.dataset !== settings.dataset && comparable.length < told)
    throw new GanError(
      'ERR_DATA_CHANGED',
      `"${loader.name}" takes the place of ${settings.dataset}, but the checkpoint does not say what its images were: put them back where they were, or start a new run`,
    );
  const changed = comparable.filter(({ before, after }) => before.sha256 !== after.sha256);
  for (const part of changed) requireSamePath(part);
  if (changed.length === 0 && batches !== loader.batchesPerEpoch)
    throw new GanError(
      'ERR_LOADER_STATE',
      `expected the data set the run was trained on, with ${batches} batches an epoch, but "${loader.name}" has ${loader.batchesPerEpoch} of ${loader.batch}: check the data set, its folder and the batch`,
    );
  const keepsPlace = batches === loader.batchesPerEpoch && !changed.some(isResized);
  const place = keepsPlace ? '' : ', from the start of an epoch';
  const notes = changed.map(
    (part) =>
      `the images of "${loader.name}" in ${part.after.path} changed since the checkpoint${sizes(part)}: the run goes on${place}, but not as it would have`,
  );
  return { notes, keepsPlace };
}

interface Compared {
  readonly before: PartIdentity;
  readonly after: PartIdentity;
}

function isOfFiles({ path }: PartIdentity): boolean {
  return path !== undefined;
}

/** Labels of other classes would go on without a word: what was a dog would be a cat. */
function requireSameClasses(name: string, { before, after }: Compared): void {
  if (!isOfFiles(before) || !isOfFiles(after)) return;
  const [had, has] = [before.classNames, after.classNames];
  if (JSON.stringify(had) === JSON.stringify(has)) return;
  const gone = had.filter((each) => !has.includes(each));
  const fresh = has.filter((each) => !had.includes(each));
  const moved = had.findIndex((each, i) => each !== has[i]);
  const problems = [
    ...(gone.length > 0 ? [`${told(gone)} ${gone.length === 1 ? 'is' : 'are'} gone`] : []),
    ...(fresh.length > 0 ? [`${told(fresh)} ${fresh.length === 1 ? 'is' : 'are'} new`] : []),
  ];
  const problem = problems.join(' and ') || `class ${moved} was ${had[moved]} and is ${has[moved]}`;
  throw new GanError(
    'ERR_DATA_CHANGED',
    `the classes of "${name}" are not those of the run: ${problem}; name its folders as they were, or start a new run`,
  );
}

/** Classes that an error tells. */
const TOLD = 5;

function told(names: readonly string[]): string {
  return names.length > TOLD
    ? `${names.slice(0, TOLD).join(', ')} and ${names.length - TOLD} more`
    : names.join(', ');
}

function requireSamePath({ before, after }: Compared): void {
  if (before.path === after.path) return;
  throw new GanError(
    'ERR_DATA_CHANGED',
    `the images in ${after.path} are not those that the run was trained on, which were in ${before.path}: name their folder, or start a new run`,
  );
}

/** Not told by old checkpoints, which are compared by the number of batches. */
function isResized({ before, after }: Compared): boolean {
  return before.count !== undefined && before.count !== after.count;
}

function sizes(part: Compared): string {
  return isResized(part) ? `, from ${part.before.count} to ${part.after.count}` : '';
}
