import type { RunEvaluator } from './evaluation';
import type { RunWriter } from './run-writer';

/**
 * Before a training goes on from a step: leaves the evaluator the run's evaluations up to there whose weights are still there, and `best/` the
 * best of them. Without an evaluator later ones are forgotten all the same.
 *
 * @returns what is to be told
 */
export async function recallEvaluations(
  run: RunWriter | null,
  evaluator: RunEvaluator | undefined,
  step: number,
): Promise<readonly string[]> {
  const notes: string[] = [];
  const rows = await run?.evaluationsUpTo(step, (note) => notes.push(note));
  if (!run || !rows || !evaluator) return notes;
  const reigning = await run.settleBest({ rows, bestBy: evaluator.bestBy, step });
  evaluator.recall(reigning.rows);
  return [...notes, ...reigning.notes];
}
