import { isJsonObject } from '../io/json';
import type { LearningRates } from './learning-rates';

/** Once that a run went back to a checkpoint, as `config.json` and manifests keep it. */
export interface Rollback {
  /** The step whose numbers were not finite. */
  readonly from: number;
  /** The checkpoint's. */
  readonly to: number;
  /** What was expected and what came. */
  readonly problem: string;
  /** What multiplied the learning rates. */
  readonly factor: number;
  /** Those of the next update. */
  readonly learningRates: LearningRates;
}

/** Those of a JSON value; what is none is left out. */
export function parseRollbacks(value: unknown): Rollback[] {
  return (Array.isArray(value) ? value : []).filter(isRollback);
}

function isRollback(value: unknown): value is Rollback {
  return (
    isJsonObject(value) &&
    [value.from, value.to, value.factor].every(Number.isFinite) &&
    typeof value.problem === 'string' &&
    isJsonObject(value.learningRates)
  );
}

/** What the last of them, the last two and so on have multiplied the learning rates by. */
export function rollbackProducts(rollbacks: readonly Rollback[]): number[] {
  let product = 1;
  return [...rollbacks].reverse().map(({ factor }) => {
    product *= factor;
    return product;
  });
}

/** One for the terminal. */
export function rollbackSentence(
  { from, to, problem, factor, learningRates }: Rollback,
  { number, limit }: { readonly number: number; readonly limit: number },
): string {
  const rates = Object.entries(learningRates).map(([phase, values]) => `${phase} ${values.join(', ')}`);
  return `training diverged at step ${from}: expected ${problem}; back at step ${to} (${number} of ${limit} times), with the learning rates times ${factor}: ${rates.join('; ')}`;
}
