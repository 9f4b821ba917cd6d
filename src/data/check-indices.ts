import { UsageError } from '../errors';

/** Checks that a set has the images at `indices`: of others its pixels would be black, or those of another image. @throws UsageError */
export function checkIndices(
  { name, count }: { readonly name: string; readonly count: number },
  indices: ArrayLike<number>,
): void {
  for (let i = 0; i < indices.length; i++)
    if (!Number.isInteger(indices[i]) || indices[i] < 0 || indices[i] >= count)
      throw new UsageError(
        `data set "${name}" has ${count} images: expected an index from 0 to ${count - 1} but received ${indices[i]}`,
      );
}
