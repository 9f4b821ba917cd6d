import type { ProfileEvent } from '../tensor/profiler';
import { byStart, type Interval } from './profile-intervals';

/** A named stretch of a step. */
export interface PhaseTime {
  /** The names of the spans around it and its own, e.g. `['D', 'backward']`; empty for the time in no span. */
  readonly path: readonly string[];
  /** Milliseconds a step, those of the spans inside included. */
  readonly ms: number;
  /** Of the whole step, 0 to 1. */
  readonly share: number;
  /** The part of `ms` in which no operator ran: JavaScript, Node-API, reading files, waiting. */
  readonly outsideMs: number;
}

interface SpanNode extends Interval {
  readonly path: readonly string[];
  readonly inside: SpanNode[];
}

/** The spans of a profile, as they lie in each other. */
export class SpanTree {
  readonly #roots: SpanNode[] = [];

  /** @param spans - those of the thread that opens spans; in any order */
  constructor(spans: readonly ProfileEvent[]) {
    const around: SpanNode[] = [];
    for (const { name, start, duration } of [...spans].sort(byStart)) {
      while (around.length > 0 && ended(around[around.length - 1], start)) around.pop();
      const parent = around.at(-1);
      const node = { path: [...(parent?.path ?? []), name], start, duration, inside: [] };
      (parent?.inside ?? this.#roots).push(node);
      around.push(node);
    }
  }

  /** The spans at a moment, the outermost first. On whatever thread work runs, the step waits for it in its span. */
  at(time: number): readonly SpanNode[] {
    const found: SpanNode[] = [];
    for (let level: readonly SpanNode[] = this.#roots; ; level = found[found.length - 1].inside) {
      const node = lastBegun(level, time);
      if (node === undefined || ended(node, time)) return found;
      found.push(node);
    }
  }

  /**
   * Times by path.
   *
   * @param busy - when operators ran: intervals apart from each other
   */
  phases(
    busy: readonly Interval[],
    { steps, stepMs }: { readonly steps: number; readonly stepMs: number },
  ): PhaseTime[] {
    const rows = new Map<string, { path: readonly string[]; ms: number; busyMs: number }>();
    const row = (path: readonly string[]) => {
      const key = path.join('\n');
      const found = rows.get(key) ?? { path, ms: 0, busyMs: 0 };
      rows.set(key, found);
      return found;
    };
    const visit = ({ path, duration, inside }: SpanNode) => {
      row(path).ms += duration / steps;
      inside.forEach(visit);
    };
    this.#roots.forEach(visit);
    const rest = row([]);
    rest.ms = Math.max(0, stepMs - sum(this.#roots) / steps);
    for (const { start, duration } of busy) {
      const spans = this.at(start);
      for (const { path } of spans) row(path).busyMs += duration / steps;
      if (spans.length === 0) rest.busyMs += duration / steps;
    }
    return inOrder([...rows.values()]).map(({ path, ms, busyMs }) => ({
      path,
      ms,
      share: ms / stepMs,
      outsideMs: Math.max(0, ms - busyMs),
    }));
  }
}

function ended({ start, duration }: Interval, time: number): boolean {
  return start + duration <= time;
}

function sum(intervals: readonly Interval[]): number {
  return intervals.reduce((total, { duration }) => total + duration, 0);
}

function lastBegun(nodes: readonly SpanNode[], time: number): SpanNode | undefined {
  let low = 0;
  let high = nodes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (nodes[middle].start <= time) low = middle + 1;
    else high = middle;
  }
  return nodes[low - 1];
}

/** Each path behind the one it is inside of, siblings as they first came, the time in no span last. */
function inOrder<R extends { readonly path: readonly string[] }>(rows: readonly R[]): R[] {
  const below = (path: readonly string[]): R[] =>
    rows
      .filter((row) => row.path.length === path.length + 1 && path.every((name, i) => row.path[i] === name))
      .flatMap((row) => [row, ...below(row.path)]);
  return [...below([]), ...rows.filter(({ path }) => path.length === 0)];
}
