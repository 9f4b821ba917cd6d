import type { Profile } from './profile';
import type { OpTime } from './profile-ops';

/** Rows of operators a table shows. */
const MOST_OPS = 30;
/** Below this share of the step a row says nothing. */
const LEAST_SHARE = 0.001;
const WIDEST_NAME = 34;

/** A profile as lines of text: the phases, then the operators that take longest. */
export function formatProfile(profile: Profile): string[] {
  return [headline(profile), '', ...phaseTable(profile), '', ...opTable(profile)];
}

function headline({ steps, stepMs, unprofiledMs, deviceMs }: Profile): string {
  const before =
    unprofiledMs === undefined ? '' : ` (${time(unprofiledMs)} ms just before, without the profiler)`;
  const device = deviceMs === undefined ? '' : `; the GPU worked ${percent(deviceMs / stepMs)} of the time`;
  return `profile of ${steps} ${steps === 1 ? 'step' : 'steps'}: ${time(stepMs)} ms a step${before}${device}`;
}

function phaseTable({ phases, stepMs, outsideMs }: Profile): string[] {
  const rows = phases.map(({ path, ms, share, outsideMs: outside }) => [
    path.length === 0 ? 'between' : '  '.repeat(path.length - 1) + path[path.length - 1],
    time(ms),
    percent(share),
    time(outside),
  ]);
  const total = ['a step', time(stepMs), '100.0 %', time(outsideMs)];
  return [
    ...table(['phase', 'ms/step', 'share', 'outside'], [...rows, total]),
    `outside: in no operator of LibTorch, but in JavaScript, Node-API, files or waiting: ${percent(outsideMs / stepMs)} of the step`,
  ];
}

function opTable({ ops, deviceMs }: Profile): string[] {
  const onDevice = deviceMs !== undefined;
  const shown = ops.filter(({ share }) => share >= LEAST_SHARE).slice(0, MOST_OPS);
  const rest = ops.filter((op) => !shown.includes(op));
  const restShare = rest.reduce((sum, { share }) => sum + share, 0);
  const rows = shown.map((op) => [
    shorten(op.name),
    placeText(op),
    count(op.calls),
    ...(onDevice ? [time(op.deviceMs)] : []),
    time(op.selfMs),
    percent(op.share),
    time(op.totalMs),
    op.inputs ?? '',
  ]);
  const titles = [
    'operator',
    'in',
    'calls',
    ...(onDevice ? ['GPU ms'] : []),
    'self ms',
    'share',
    'total ms',
    'inputs',
  ];
  const more = rest.length > 0 ? [`${rest.length} more, together ${percent(restShare)}`] : [];
  return [...table(titles, rows), ...more];
}

/** Columns as wide as their widest cell; numbers to the right, the first column, `in` and `inputs` to the left. */
function table(titles: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const left = titles.map((title, column) => column === 0 || title === 'in' || title === 'inputs');
  const widths = titles.map((title, column) =>
    Math.max(title.length, ...rows.map((cells) => cells[column].length)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (left[column] ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
      .join('  ')
      .trimEnd();
  return [titles, ...rows].map(line);
}

function placeText({ phase, pass }: OpTime): string {
  return [phase, pass === phase ? undefined : pass].filter((name) => name !== undefined).join(' ');
}

function shorten(name: OpTime['name']): string {
  return name.length > WIDEST_NAME ? `${name.slice(0, WIDEST_NAME - 1)}…` : name;
}

function time(ms: number): string {
  return ms >= 100 ? ms.toFixed(1) : ms.toFixed(3);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function count(calls: number): string {
  return Number.isInteger(calls) ? String(calls) : calls.toFixed(1);
}
