import type { GroupResult, ParticipantResult, Results } from '../results';
import { median } from '../statistics';
import type { Figure } from '../suites';
import { count, format, formatRatio } from './format';
import { measuredRounds, ratiosOf, rivals, titleOf, whyAbsent } from './tables';
import { machineText } from './text';

const WIDTH = 880;
const LABELS = 190;
const BARS = 350;
const LINE = 22;
const HEAD = 34;
const GAP = 14;
const LONGEST_NOTE = 88;

/** Legible on white and on black: no text or bar is near either. */
const COLORS = { text: '#7d8590', strong: '#6e7f96', ours: '#2f81f7', theirs: '#8b949e' };

/**
 * A bar chart: a block for each figure of each group, with a bar for each participant, as long as its median. Its background is
 * transparent, its colours do for a light one and a dark one.
 */
export function svg(results: Results): string {
  let y = 8;
  const blocks: string[] = [];
  for (const group of results.groups)
    for (const figure of group.figures) {
      blocks.push(block(group, figure, y));
      y += HEAD + group.participants.length * LINE + GAP;
    }
  const height = y + 28;
  const foot = `${results.date.slice(0, 10)}: ${machineText(results.machine)}; medians of ${count(results.rounds, 'round')}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Benchmark of libtorch-gan" font-family="system-ui, -apple-system, 'Segoe UI', sans-serif" font-size="13" fill="${COLORS.text}">`,
    ...blocks,
    text(foot, { x: 8, y: height - 10, size: 11 }),
    '</svg>\n',
  ].join('\n');
}

function block(group: GroupResult, figure: Figure, top: number): string {
  const medians = group.participants.map((participant) => {
    const values = measuredRounds(participant, figure);
    return values.length > 0 ? median(values) : null;
  });
  const longest = Math.max(...medians.map((value) => value ?? 0));
  const rows = group.participants.map((participant, i) =>
    row(participant, { group, figure, value: medians[i], longest, y: top + HEAD + i * LINE }),
  );
  return [text(titleOf(group, figure), { x: 8, y: top + 20, size: 14, strong: true }), ...rows].join('\n');
}

interface RowOptions {
  readonly group: GroupResult;
  readonly figure: Figure;
  readonly value: number | null;
  readonly longest: number;
  readonly y: number;
}

function row(participant: ParticipantResult, options: RowOptions): string {
  const { group, figure, value, longest, y } = options;
  const label = text(participant.label, { x: LABELS, y: y + 14, anchor: 'end' });
  const start = LABELS + 10;
  if (value === null) {
    const note = whyAbsent(participant) ?? 'not measured';
    const short = note.length > LONGEST_NOTE ? `${note.slice(0, LONGEST_NOTE - 1)}…` : note;
    return `${label}\n${text(short, { x: start, y: y + 14, italic: true })}`;
  }
  const length = Math.max(2, (value / longest) * BARS);
  const fill = participant.name === 'libtorch-gan' ? COLORS.ours : COLORS.theirs;
  const bar = `<rect x="${start}" y="${y + 3}" width="${length.toFixed(1)}" height="14" rx="2" fill="${fill}"/>`;
  const words = [`${format(value, figure.unit)} ${figure.unit}`, ...comparisons(group, participant, figure)];
  return [label, bar, text(words.join(' · '), { x: start + length + 8, y: y + 14 })].join('\n');
}

/** E.g. `ours bf16 1.70 ×`. */
function comparisons(group: GroupResult, participant: ParticipantResult, figure: Figure): string[] {
  return rivals(group, participant).flatMap((ours) => {
    const values = ratiosOf(ours, participant, figure);
    const who = ours.precision === null ? 'ours' : `ours ${ours.precision}`;
    return values.length > 0 ? [`${who} ${formatRatio(median(values))}`] : [];
  });
}

interface TextOptions {
  readonly x: number;
  readonly y: number;
  readonly size?: number;
  readonly anchor?: 'end';
  readonly strong?: boolean;
  readonly italic?: boolean;
}

function text(words: string, { x, y, size, anchor, strong, italic }: TextOptions): string {
  const attributes = [
    `x="${x.toFixed(1)}" y="${y}"`,
    ...(size ? [`font-size="${size}"`] : []),
    ...(anchor ? [`text-anchor="${anchor}"`] : []),
    ...(strong ? [`font-weight="600" fill="${COLORS.strong}"`] : []),
    ...(italic ? ['font-style="italic"'] : []),
  ];
  return `<text ${attributes.join(' ')}>${escaped(words)}</text>`;
}

function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
