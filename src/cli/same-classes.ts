import type { PartImages } from '../data/part-images';
import { UsageError } from '../errors';

/** The images that a model takes in, and those of the kind that it makes. */
export interface Domains {
  readonly inputs: PartImages;
  readonly targets: PartImages;
}

/** Whether a translated image can be asked whether it is still what it was. */
export function haveSameClasses({ inputs, targets }: Domains): boolean {
  return inputs.classNames.length > 0 && String(inputs.classNames) === String(targets.classNames);
}

/** @throws UsageError where nobody can say whether a translated image is what it was */
export function checkClasses(domains: Domains): void {
  if (haveSameClasses(domains)) return;
  const [inputs, targets] = [domains.inputs, domains.targets].map(({ name, classNames }) =>
    classNames.length > 0 ? `${name} has ${classNames.join(', ')}` : `${name} has none`,
  );
  throw new UsageError(
    `accuracy needs domains with the same classes, but ${inputs} and ${targets}: leave accuracy out`,
  );
}
