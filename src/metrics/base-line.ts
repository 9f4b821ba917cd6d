import { ofCopy } from '../report/evaluations';
import type { Evaluation } from './evaluate';

/**
 * An evaluation of the images that a model takes in as a base line: its numbers and lists have names of their own ({@link ofCopy}), so that
 * nobody takes them for those of the model.
 */
export function asBaseLine(evaluation: Evaluation): Evaluation {
  const { metrics, errors, details } = evaluation;
  return {
    ...evaluation,
    metrics: renamed(metrics),
    errors: renamed(errors),
    ...(details && { details: renamed(details) }),
  };
}

function renamed<T>(values: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [ofCopy(name), value]));
}
