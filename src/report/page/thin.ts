/** A curve as columns. */
export interface Curve {
  readonly x: readonly number[];
  /** null is a gap. */
  readonly y: readonly (number | null)[];
}

/** The most points of a curve in a page: more than a screen has columns for. */
export const MOST_POINTS = 1_000;

/**
 * A curve of at most so many points, in the same order: of every stretch of equal length the least and the greatest, so no spike
 * is lost, and the first and the last of all. A stretch without any value is a gap.
 */
export function thin(curve: Curve, most = MOST_POINTS): Curve {
  const { x, y } = curve;
  const count = x.length;
  if (count <= most) return curve;
  const kept = new Set([0, count - 1]);
  const stretches = Math.floor((most - 2) / 2);
  for (let stretch = 0; stretch < stretches; stretch++) {
    const from = Math.floor((stretch * count) / stretches);
    const to = Math.floor(((stretch + 1) * count) / stretches);
    for (const at of extremes(y, from, to)) kept.add(at);
  }
  const places = [...kept].sort((a, b) => a - b);
  return { x: places.map((at) => x[at]), y: places.map((at) => y[at]) };
}

function extremes(values: Curve['y'], from: number, to: number): number[] {
  let least = -1;
  let greatest = -1;
  for (let at = from; at < to; at++) {
    const value = values[at];
    if (value === null) continue;
    if (least < 0 || value < (values[least] ?? 0)) least = at;
    if (greatest < 0 || value > (values[greatest] ?? 0)) greatest = at;
  }
  return least < 0 ? [from] : [least, greatest];
}

/** Whole numbers below `count`, so many of them, evenly, with the first and the last among them. */
export function evenly(count: number, wanted: number): number[] {
  if (wanted >= count) return Array.from({ length: count }, (_, at) => at);
  const gaps = Math.max(1, wanted - 1);
  return Array.from({ length: gaps + 1 }, (_, at) => Math.round((at * (count - 1)) / gaps));
}
