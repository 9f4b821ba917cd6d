import type { GroupResult, ParticipantResult } from '../results';
import { median, ratios, summarize } from '../statistics';
import type { Figure } from '../suites';
import { format, formatRatios } from './format';

/** One participant in a table. */
export interface Row {
  readonly label: string;
  /** As many as the table has columns; empty where there is nothing to say. */
  readonly cells: readonly string[];
  /** Instead of cells: why there are no figures. */
  readonly note: string | null;
}

/** One figure of a group: a line for each participant. */
export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}

/** The tables of a group, one for each of its figures. */
export function tablesOf(group: GroupResult): Table[] {
  return group.figures.map((figure) => tableOf(group, figure));
}

/** What is measured, in which unit, and which way is better. */
export function titleOf({ title }: GroupResult, figure: Figure): string {
  const name = figure.title === '' ? title : `${title}: ${figure.title}`;
  return `${name} (${figure.unit}, ${figure.better} is better)`;
}

/** The participants of this library that are compared with peers: those in the same precision, or in any where a peer has but one. */
export function rivals(group: GroupResult, participant: ParticipantResult): ParticipantResult[] {
  if (participant.name === 'libtorch-gan') return [];
  const ours = group.participants.filter(({ name }) => name === 'libtorch-gan');
  const twins = group.participants.filter(({ name }) => name === participant.name);
  if (twins.length === 1) return ours;
  return ours.filter(({ precision }) => precision === null || precision === participant.precision);
}

/** Ours by theirs in each round; none where memory of different batches would be compared. */
export function ratiosOf(
  ours: ParticipantResult,
  theirs: ParticipantResult,
  { key, unit }: Figure,
): number[] {
  if (unit === 'MB' && ours.batch !== theirs.batch) return [];
  const present = (values: readonly (number | null)[]) => values.map((value) => value ?? undefined);
  return ratios(present(ours.rounds[key]), present(theirs.rounds[key]));
}

/** The rounds in which a participant was measured. */
export function measuredRounds({ rounds, absence }: ParticipantResult, { key }: Figure): number[] {
  return absence ? [] : rounds[key].filter((value): value is number => value !== null);
}

/** The FLOP/s that a participant reached, in the median; null where FLOPs are no measure of it. */
export function flopRate(participant: ParticipantResult, figure: Figure): number | null {
  const values = measuredRounds(participant, figure);
  const { flops, batch } = participant;
  if (figure.unit !== 'images/s' || flops === null || batch === null || values.length === 0) return null;
  return (median(values) / batch) * flops;
}

/** The part of the machine's matrix product rate, in the participant's precision, that it reached. */
export function effectiveShare(
  participant: ParticipantResult,
  figure: Figure,
  rates: GroupResult['rates'],
): number | null {
  const rate = flopRate(participant, figure);
  const limits = rates && participant.precision ? rates[participant.precision] : [];
  return rate === null || limits.length === 0 ? null : rate / median(limits);
}

function tableOf(group: GroupResult, figure: Figure): Table {
  const isOurs = ({ name }: ParticipantResult) => name === 'libtorch-gan';
  const ours = group.participants.every(isOurs) ? [] : group.participants.filter(isOurs);
  const withFlops = group.rates !== null && figure.unit === 'images/s';
  return {
    title: titleOf(group, figure),
    columns: [
      'median',
      'min – max',
      ...ours.map(({ precision }) => (precision === null ? 'ours ÷ it' : `ours ${precision} ÷ it`)),
      ...(withFlops ? ['GFLOP a step', 'GFLOP/s', 'effective share'] : []),
    ],
    rows: group.participants.map((participant) => ({
      label: batchLabel(participant, group),
      note: whyAbsent(participant),
      cells: cellsOf(participant, { group, figure, ours, withFlops }),
    })),
  };
}

function cellsOf(
  participant: ParticipantResult,
  {
    group,
    figure,
    ours,
    withFlops,
  }: { group: GroupResult; figure: Figure; ours: readonly ParticipantResult[]; withFlops: boolean },
): string[] {
  const values = measuredRounds(participant, figure);
  if (values.length === 0) return [];
  const { median: middle, min, max } = summarize(values);
  const against = rivals(group, participant);
  const compared = ours.map((own) =>
    against.includes(own) ? ratioCell(ratiosOf(own, participant, figure)) : '',
  );
  const spread = `${format(min, figure.unit)} – ${format(max, figure.unit)}`;
  const work = withFlops ? workCells(participant, { group, figure }) : [];
  return [format(middle, figure.unit), spread, ...compared, ...work];
}

function ratioCell(values: readonly number[]): string {
  return values.length === 0 ? '' : formatRatios(summarize(values), values.length);
}

function workCells(
  participant: ParticipantResult,
  { group, figure }: { group: GroupResult; figure: Figure },
): string[] {
  const rate = flopRate(participant, figure);
  const share = effectiveShare(participant, figure, group.rates);
  return [
    participant.flops === null ? '' : (participant.flops / 1e9).toFixed(2),
    rate === null ? '' : (rate / 1e9).toFixed(0),
    share === null ? '' : `${(share * 100).toFixed(0)} %`,
  ];
}

/** Says so where a participant has another batch than the group. */
function batchLabel({ label, batch, note }: ParticipantResult, { participants }: GroupResult): string {
  const usual = participants[0].batch;
  const own = batch === null || usual === null || batch === usual ? [] : [`batch ${batch}`];
  return [label, ...own, ...(note === undefined ? [] : [note])].join(', ');
}

/** Why a participant has no figures, with what to type where something is missing; null where it has some. */
export function whyAbsent({ absence }: ParticipantResult): string | null {
  if (absence === null) return null;
  if (absence.kind === 'missing')
    return absence.install === null ? absence.reason : `${absence.reason}: ${absence.install}`;
  return absence.kind === 'failed' ? `failed: ${absence.reason}` : `not comparable: ${absence.reason}`;
}
