import { dirname } from 'node:path';
import { type Dataset, ImageDataset } from '../data/dataset';
import type { DataIdentity } from '../data/identity';
import { shapeText } from '../data/image-size';
import type { LoadedModel } from '../training/load';
import type { Split } from './judged';

/** A split of the data set that a run names. */
interface FoundSplit {
  readonly dataset: Dataset;
  readonly split: Split;
}

/**
 * What to say where a run's data set has other images than it was trained on. Learned images are compared by their hash, where they are
 * loaded in the form that was learned; others have none, and are looked for beside those that were learned.
 *
 * @returns undefined where they are the same, or the checkpoint does not tell
 */
export async function foreignNote(
  model: Pick<LoadedModel, 'data' | 'specs' | 'settings'>,
  found: FoundSplit,
): Promise<string | undefined> {
  const before = pathsOf(model.data);
  if (before.length === 0) return undefined;
  if (found.split === 'train' && haveForm(model, found.dataset)) {
    const now = await found.dataset.identity();
    const changed = Object.keys(model.data).find((part) => isOther(model.data[part], now[part]));
    if (changed === undefined) return undefined;
    return noteOf(model.data[changed].path ?? before[0], now[changed].path);
  }
  const now = Object.values(found.dataset.parts).flatMap((part) =>
    part instanceof ImageDataset && part.path !== null ? [part.path] : [],
  );
  const place = (path: string) => (found.split === 'train' ? path : dirname(path));
  const known = before.map(place);
  const other = now.find((path) => !known.includes(place(path)));
  return other === undefined ? undefined : noteOf(before[0], other);
}

function pathsOf(data: DataIdentity): string[] {
  return Object.values(data).flatMap(({ path }) => path ?? []);
}

/** Crops have been learned of images of another size. */
function haveForm({ specs, settings }: Pick<LoadedModel, 'specs' | 'settings'>, dataset: Dataset): boolean {
  if ((settings.loadSize ?? null) !== null) return false;
  return Object.entries(specs).every(
    ([part, spec]) => dataset.specs[part] && shapeText(dataset.specs[part]) === shapeText(spec),
  );
}

function isOther(before: DataIdentity[string], now: DataIdentity[string] | undefined): boolean {
  return before.sha256 !== undefined && now?.sha256 !== undefined && before.sha256 !== now.sha256;
}

function noteOf(before: string, now: string | undefined): string {
  return before === now
    ? `the images in ${now} changed since this model learned them`
    : `the images in ${now} are not those that this model has learned, which were in ${before}: name theirs with --dataset`;
}
