import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { writeError } from '../io/file-error';
import { writeWhole } from '../io/whole-file';
import { type EvaluationRow, evaluationLine } from './evaluations';

/**
 * Adds a row to an `evaluations.jsonl` in one write, so that an evaluation that is interrupted leaves none. After a half line, which a
 * full disk or a crash may have left, it begins a new one.
 *
 * @throws GanError `ERR_CANNOT_WRITE`
 */
export async function appendEvaluation(file: string, row: EvaluationRow): Promise<void> {
  try {
    const before = await readFile(file, 'utf8').catch(() => '');
    const start = before === '' || before.endsWith('\n') ? '' : '\n';
    await appendFile(file, `${start}${evaluationLine(row)}`, { flush: true });
  } catch (error) {
    throw writeError(file, error);
  }
}

/**
 * Replaces the rows of an `evaluations.jsonl`, whole or not at all.
 *
 * @throws GanError `ERR_CANNOT_WRITE`
 */
export async function rewriteEvaluations(file: string, rows: readonly EvaluationRow[]): Promise<void> {
  const lines = rows.map(evaluationLine).join('');
  await writeWhole(file, (partial) => writeFile(partial, lines, { flush: true }));
}
