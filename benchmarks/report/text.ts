import type { GroupResult, Machine, Results } from '../results';
import { median } from '../statistics';
import { type Table, tablesOf } from './tables';

/** A group's tables as lines for a terminal. */
export function groupText(group: GroupResult): string {
  return tablesOf(group)
    .map((table) => `${tableText(table)}\n`)
    .join('\n');
}

/** What the figures were measured on, in a line. */
export function machineText({
  cpu,
  cores,
  instructionSets,
  libtorch,
  threads,
  device,
  gpus,
  node,
}: Machine): string {
  const sets = instructionSets.length > 0 ? ` (${instructionSets.join(', ')})` : '';
  const where = device === 'cpu' ? `${threads} threads` : `${device}: ${gpus.join(', ')}`;
  return `${cpu}, ${cores} cores${sets}; ${where}; LibTorch ${libtorch}, Node ${node}`;
}

/** The matrix product rates of a run, in a line; null where none was measured. */
export function ratesText({ groups }: Results): string | null {
  const words = [['float32', 'fp32'] as const, ['bf16', 'bf16'] as const].flatMap(([word, precision]) => {
    const values = groups.flatMap(({ rates }) => rates?.[precision] ?? []);
    return values.length === 0 ? [] : [`${word} ${(median(values) / 1e9).toFixed(0)} GFLOP/s`];
  });
  return words.length === 0 ? null : `matrix product 2048³ through this library: ${words.join(', ')}`;
}

function tableText({ title, columns, rows }: Table): string {
  const first = Math.max(...rows.map(({ label }) => label.length));
  const widths = columns.map((column, i) =>
    Math.max(column.length, ...rows.map(({ cells }) => cells[i]?.length ?? 0)),
  );
  const line = (label: string, cells: readonly string[]) =>
    `  ${[label.padEnd(first), ...cells.map((cell, i) => cell.padStart(widths[i]))].join('  ')}`.trimEnd();
  const body = rows.map(({ label, cells, note }) =>
    note === null ? line(label, cells) : `  ${label.padEnd(first)}  ${note}`,
  );
  return [title, line('', columns), ...body].join('\n');
}
