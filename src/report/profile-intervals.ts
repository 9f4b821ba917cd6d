/** A stretch of time, in milliseconds. */
export interface Interval {
  readonly start: number;
  readonly duration: number;
}

/** Earlier ones first, and of those that begin together the longer one: what is around comes before what is inside. */
export function byStart(a: Interval, b: Interval): number {
  return a.start - b.start || b.duration - a.duration;
}

/** The time in which any of the intervals is, as intervals apart from each other, in order. */
export function union(intervals: readonly Interval[]): Interval[] {
  const merged: Interval[] = [];
  for (const { start, duration } of [...intervals].sort(byStart)) {
    const last = merged.at(-1);
    const end = start + duration;
    if (last === undefined || start > last.start + last.duration) merged.push({ start, duration });
    else if (end > last.start + last.duration)
      merged[merged.length - 1] = { start: last.start, duration: end - last.start };
  }
  return merged;
}
