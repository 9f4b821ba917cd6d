import type { Evaluation } from '../metrics/evaluate';
import { decidingNames, type EvaluationRow, metricFacts, sameProtocol } from '../report/evaluations';
import { formatCount, formatMeasured } from '../report/summary';

/** What tells a reader which way is better. */
const ARROWS = { lower: '↓', higher: '↑', none: ' ' } as const;

/** What an evaluation is shown with. */
interface Beside {
  /** Earlier rows of the run. */
  readonly earlier: readonly EvaluationRow[];
  /** The same figures of something that anybody has without a model. */
  readonly baseLine?: Evaluation;
}

/**
 * An evaluation for people: a line for each number, followed by that of the base line, its protocol, in what that of the base line differs, and
 * which earlier rows of the run it may be compared with.
 */
export function evaluationLines(evaluation: Evaluation, { earlier, baseLine }: Beside): string[] {
  const { protocol } = evaluation;
  const others = baseLine ? numbersOf(baseLine) : [];
  const rows = numbersOf(evaluation).flatMap((row, i) => [row, ...others.slice(i, i + 1)]);
  const width = Math.max(...rows.map(({ label }) => label.length));
  const lines = rows.map(({ label, text }) => `${label.padEnd(width)}  ${text}`);
  const lists = Object.entries({ ...evaluation.details, ...baseLine?.details }).map(
    ([name, values]) => `${name}  ${values.map(listed).join(' ')}`,
  );
  return [
    ...lines,
    ...lists,
    '',
    `protocol  ${said(protocol)}`,
    ...(baseLine ? [`base line ${said(baseLine.protocol, protocol)}`] : []),
    ...comparable(protocol, earlier),
  ];
}

function numbersOf({ metrics, errors }: Evaluation): { readonly label: string; readonly text: string }[] {
  return Object.entries(metrics).map(([name, value]) => {
    const { label, better } = metricFacts(name);
    return { label: `${label} ${ARROWS[better]}`, text: formatMeasured({ value, error: errors[name] }) };
  });
}

/** A protocol in a line: all of it, or that in which it differs from another. */
function said(protocol: Evaluation['protocol'], from: Evaluation['protocol'] = {}): string {
  const entries = Object.entries(protocol).filter(([name, value]) => from[name] !== value);
  return entries.map(([name, value]) => `${name} ${short(value)}`).join(', ');
}

function listed(value: number | null): string {
  if (value === null) return '–';
  return Number.isInteger(value) ? String(value) : value.toFixed(3);
}

function short(value: string | number): string {
  if (typeof value === 'number') return Number.isInteger(value) ? formatCount(value) : String(value);
  return /^[0-9a-f]{64}$/.test(value) ? value.slice(0, 12) : value;
}

const SHOWN = 5;

function comparable(protocol: Evaluation['protocol'], earlier: readonly EvaluationRow[]): string[] {
  const same = earlier.filter((row) => sameProtocol(row.protocol, protocol));
  // Rows about something else, e.g. generated images beside an autoencoder's bound or a base line, were never to be compared.
  const others = earlier.filter(
    (row) =>
      !same.includes(row) && row.protocol.of === protocol.of && row.protocol.images === protocol.images,
  );
  // Of each step the newest, and of those the last few: the page has them all.
  const newest = [...new Map(same.map((row) => [row.step, row])).values()];
  const lines = newest.slice(-SHOWN).map(
    ({ step, metrics, errors }) =>
      `earlier   step ${formatCount(step)}: ${Object.entries(metrics)
        .map(
          ([name, value]) => `${metricFacts(name).label} ${formatMeasured({ value, error: errors[name] })}`,
        )
        .join(', ')}`,
  );
  if (others.length === 0) return lines;
  const names = new Set(others.flatMap((row) => differences(protocol, row.protocol)));
  return [
    ...lines,
    `          ${formatCount(others.length)} earlier rows of this run are not comparable: they differ in ${[...names].join(', ')}`,
  ];
}

function differences(a: Evaluation['protocol'], b: Evaluation['protocol']): string[] {
  const names = new Set([...decidingNames(a), ...decidingNames(b)]);
  return [...names].filter((name) => a[name] !== b[name]);
}
