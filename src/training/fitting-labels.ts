import type { Loader } from '../data/loader';
import { UsageError } from '../errors';
import type { Latent } from './latent';

/** Compares the classes of latents with a data set's. @throws UsageError where they are labels that it does not have */
export function checkLabels(latent: Latent | undefined, { name, specs }: Loader): void {
  if (!latent?.conditional) return;
  const { classes = 0 } = latent;
  const found = Math.max(0, ...Object.values(specs).map((spec) => spec.classes));
  if (found === classes) return;
  throw new UsageError(
    found === 0
      ? `a conditional model expects a data set with labels but "${name}" has none: choose another, or put its images into a sub-folder for each class`
      : `a conditional model of ${classes} classes expects a data set with as many but "${name}" has ${found}: build the model for that one`,
  );
}
