import type { ComparableRows } from '../../evaluations';
import { type Html, html } from '../html';

/** A protocol's name in a page: A, B, …, Z, A1, … */
export function protocolLetter(number: number): string {
  const letter = String.fromCharCode(65 + (number % 26));
  return number < 26 ? letter : `${letter}${Math.floor(number / 26)}`;
}

/** How the values were measured, a column a protocol; what makes them differ stands out. */
export function protocolsTable(groups: readonly ComparableRows[]): Html {
  const fields = [...new Set(groups.flatMap(({ protocol }) => Object.keys(protocol)))];
  const lines = fields.map((field) => {
    const values = groups.map((group) => valuesOfField(group, field));
    const differs = field !== 'seed' && new Set(values).size > 1;
    const cells = values.map((value) => html`<td>${value}</td>`);
    return differs
      ? html`<tr class="differs"><th scope="row">${field}</th>${cells}</tr>`
      : html`<tr><th scope="row">${field}</th>${cells}</tr>`;
  });
  const letters = groups.map((_, number) => html`<th scope="col">${protocolLetter(number)}</th>`);
  return html`<h3>How it was measured</h3>
<div class="scroll" tabindex="0" role="region" aria-label="Protocols"><table class="facts">
<thead><tr><th scope="col">Protocol</th>${letters}</tr></thead>
<tbody>${lines}</tbody></table></div>
${groups.length > 1 ? html`<p class="hint">Marked rows make the protocols differ.</p>` : ''}`;
}

/** Rows of one protocol may differ in their seeds. */
function valuesOfField({ rows }: ComparableRows, field: string): string {
  return [...new Set(rows.map(({ protocol }) => String(protocol[field] ?? '–')))].join(', ');
}
