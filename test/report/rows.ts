import type { EvaluationRow } from '../../src/report/evaluations';

/** A row of `evaluations.jsonl`, of what the test does not say the usual. */
export function row(step: number, parts: Partial<EvaluationRow> = {}): EvaluationRow {
  return {
    step,
    source: 'training',
    time: '2026-01-02T03:04:05.000Z',
    metrics: {},
    errors: {},
    protocol: { features: 'classifier-mnist', realCount: 10_000, fakeCount: 2_000, seed: 0 },
    seconds: {},
    ...parts,
  };
}

/** Rows of one metric, a step each. */
export function rows(metric: string, values: Record<number, number | [number, number]>): EvaluationRow[] {
  return Object.entries(values).map(([step, measured]) => {
    const [value, error] = typeof measured === 'number' ? [measured] : measured;
    return row(Number(step), {
      metrics: { [metric]: value },
      errors: error === undefined ? {} : { [metric]: error },
    });
  });
}
