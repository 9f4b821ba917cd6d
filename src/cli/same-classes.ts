import type { PartImages } from '../data/part-images';
import { UsageError } from '../errors';
import type { MetricName } from '../metrics/names';

/** The images that a model takes in, and those of the kind that it makes. */
export interface Domains {
  readonly inputs: PartImages;
  readonly targets: PartImages;
}

/** Whether a translated image can be asked whether it is still what it was. */
export function haveSameClasses({ inputs, targets }: Domains): boolean {
  return inputs.classNames.length > 0 && String(inputs.classNames) === String(targets.classNames);
}

/** Metrics that ask whether images are what they were made as. */
const OF_LABELS = ['accuracy', 'intra-fid'] as const satisfies readonly MetricName[];

/** @throws UsageError where nobody can say whether a translated image is what it was, and one of the metrics asks */
export function checkClasses(metrics: readonly MetricName[], domains: Domains): void {
  const metric = OF_LABELS.find((name) => metrics.includes(name));
  if (metric === undefined || haveSameClasses(domains)) return;
  const [inputs, targets] = [domains.inputs, domains.targets].map(({ name, classNames }) =>
    classNames.length > 0 ? `${name} has ${classNames.join(', ')}` : `${name} has none`,
  );
  throw new UsageError(
    `${metric} needs domains with the same classes, but ${inputs} and ${targets}: leave ${metric} out`,
  );
}
