import { type ComparableRows, type EvaluationRow, metricFacts } from '../../evaluations';
import { formatCount, formatMeasured, metricsOf, summarizeMetric } from '../../summary';
import { type Html, html } from '../html';
import { evenly } from '../thin';
import { protocolLetter } from './protocol';

/** A table of more rows is folded. */
const OPEN_ROWS = 12;
const MOST_ROWS = 500;

/** Every evaluation, by protocol; the best of each protocol stand out. */
export function evaluationsTable(groups: readonly ComparableRows[]): Html {
  const metrics = metricsOf(groups.flatMap(({ rows }) => rows));
  const count = groups.reduce((sum, { rows }) => sum + rows.length, 0);
  const bodies = groups.map((group, number) => {
    const best = new Map(metrics.map((metric) => [metric, summarizeMetric(group.rows, metric)?.best?.row]));
    const shown = evenly(group.rows.length, MOST_ROWS).map((at) => group.rows[at]);
    return html`<tbody>${shown.map((row) => lineOf(row, { metrics, best, letter: protocolLetter(number) }))}</tbody>`;
  });
  const heads = [
    'Step',
    'Protocol',
    ...metrics.map((metric) => metricFacts(metric).label),
    'By',
    'Time (UTC)',
  ];
  const table = html`<div class="scroll" tabindex="0" role="region" aria-label="Evaluations"><table class="numbers">
<thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
${bodies}</table></div>`;
  if (count <= OPEN_ROWS) return html`<h3>Evaluations</h3>${table}`;
  const hint = groups.some(({ rows }) => rows.length > MOST_ROWS)
    ? html`<p class="hint">Of more than ${MOST_ROWS} rows, ${MOST_ROWS} are shown, evenly; evaluations.jsonl has them all.</p>`
    : '';
  return html`<details><summary>All ${formatCount(count)} evaluations</summary>${table}${hint}</details>`;
}

function lineOf(
  row: EvaluationRow,
  context: {
    metrics: readonly string[];
    best: ReadonlyMap<string, EvaluationRow | undefined>;
    letter: string;
  },
): Html {
  const cells = context.metrics.map((metric) => {
    const { [metric]: value } = row.metrics;
    if (!Number.isFinite(value)) return html`<td>–</td>`;
    const text = formatMeasured({ value, error: row.errors[metric] });
    return context.best.get(metric) === row
      ? html`<td class="best"><span class="hidden">best: </span>${text}</td>`
      : html`<td>${text}</td>`;
  });
  const by = row.source === 'training' ? 'training' : 'evaluate';
  return html`<tr><th scope="row">${formatCount(row.step)}</th><td>${context.letter}</td>${cells}<td>${by}</td><td>${row.time.slice(0, 16).replace('T', ' ')}</td></tr>
`;
}
