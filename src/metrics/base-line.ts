import { ofCopy } from '../report/evaluations';
import type { Evaluation } from './evaluate';

/**
 * An evaluation of what is there without a model as a base line: its numbers and lists have names of their own, so that nobody takes them for those
 * of the model.
 *
 * @param named what they are called: of copies of the images that a model takes in, or of holes filled with a mean colour ({@link ofCopy})
 */
export function asBaseLine(evaluation: Evaluation, named: (name: string) => string = ofCopy): Evaluation {
  const { metrics, errors, details } = evaluation;
  return {
    ...evaluation,
    metrics: renamed(metrics, named),
    errors: renamed(errors, named),
    ...(details && { details: renamed(details, named) }),
  };
}

function renamed<T>(values: Readonly<Record<string, T>>, named: (name: string) => string): Record<string, T> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [named(name), value]));
}
