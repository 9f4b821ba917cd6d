import { UsageError } from '../errors';

/** Classes without names are at most so many: what goes beyond are ids, and each number up to the largest would become a class. */
const MOST_CLASSES = 100_000;

/** The set that labels are of. */
interface Labelled {
  readonly name: string;
  /** Number of its images. */
  readonly count: number;
  /** One name a class; '0', '1', … up to the largest label when absent. */
  readonly classNames?: readonly string[];
}

/**
 * The class of every image, and the names of the classes.
 *
 * @throws UsageError where images and labels are not equally many, for a label that is no whole number or outside the classes, and for ids in the place of
 *   classes without names
 */
export function classesOf(
  labels: ArrayLike<number>,
  { name, count, classNames }: Labelled,
): { readonly labels: Int32Array; readonly classNames: readonly string[] } {
  if (labels.length !== count)
    throw new UsageError(
      `data set "${name}" has ${count} images but ${labels.length} labels: one for each is needed`,
    );
  const classes = classNames?.length ?? largest(name, labels) + 1;
  for (let i = 0; i < labels.length; i++) {
    // Before they become 32 bits wide: 0.7 or NaN would be class 0, and 2³² + 1 class 1.
    if (!Number.isInteger(labels[i])) throw wrong({ name, labels, i }, 'is no whole number');
    if (labels[i] < 0 || labels[i] >= classes)
      throw wrong({ name, labels, i }, `is outside 0–${Math.max(classes, 1) - 1}`);
  }
  return {
    labels: Int32Array.from(labels),
    classNames: classNames ?? Array.from({ length: classes }, (_, i) => String(i)),
  };
}

/** The largest whole label. @throws UsageError for an id in the place of a class */
function largest(name: string, labels: ArrayLike<number>): number {
  let most = -1;
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] >= MOST_CLASSES)
      throw wrong(
        { name, labels, i },
        `is expected below ${MOST_CLASSES}: it looks like an id; number the classes from 0 on, or name them in classNames`,
      );
    if (labels[i] > most && Number.isInteger(labels[i])) most = labels[i];
  }
  return most;
}

function wrong(
  { name, labels, i }: { readonly name: string; readonly labels: ArrayLike<number>; readonly i: number },
  problem: string,
): UsageError {
  return new UsageError(`data set "${name}": label ${labels[i]} of image ${i} ${problem}`);
}
