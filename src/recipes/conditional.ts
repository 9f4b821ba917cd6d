import type { ImageSpec } from '../data/dataset';
import { UsageError } from '../errors';

/** How many classes a conditional recipe's images have. @throws UsageError where they have no labels */
export function requireClasses(recipe: string, { classes }: ImageSpec): number {
  if (classes > 0) return classes;
  throw new UsageError(
    `${recipe} expects a data set with labels, but this one has none: choose another, or put its images into a sub-folder for each class`,
  );
}
