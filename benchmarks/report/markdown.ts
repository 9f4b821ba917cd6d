import type { Results } from '../results';
import { count } from './format';
import { type Table, tablesOf } from './tables';
import { machineText, ratesText } from './text';

/** The tables for a README: machine and command first, then a table for each figure. */
export function markdown(results: Results): string {
  const { machine, command, date, rounds, seconds, groups, convention } = results;
  const rates = ratesText(results);
  const head = [
    `Measured on ${date.slice(0, 10)}: ${machineText(machine)}. Rerun with \`${command}\`.`,
    '',
    `Medians of ${count(rounds, 'round')} of ${seconds} s or more, each participant in a process of its own, in turn; ratios are formed in each round.`,
    ...(rates === null ? [] : [`Effective share is of this machine's ${rates}. FLOPs: ${convention}.`]),
  ];
  const tables = groups.flatMap(tablesOf).map(tableMarkdown);
  return `${[head.join('\n'), ...tables].join('\n\n')}\n`;
}

function tableMarkdown({ title, columns, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escaped).join(' | ')} |`;
  const body = rows.map(({ label, cells, note }) => {
    const shown = note === null ? cells : [note];
    return line([label, ...shown, ...Array(columns.length - shown.length).fill('')]);
  });
  return [
    `**${title}**`,
    '',
    line(['', ...columns]),
    `|${['---', ...columns.map(() => '---:')].join('|')}|`,
    ...body,
  ].join('\n');
}

function escaped(text: string): string {
  return text.replaceAll('|', '\\|');
}
