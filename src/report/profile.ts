import { type ProfileEvent, startProfiling, stopProfiling } from '../tensor/profiler';
import { union } from './profile-intervals';
import { type OpTime, opTimes } from './profile-ops';
import { type PhaseTime, SpanTree } from './profile-spans';
import { writeTrace } from './trace-file';

/** Where the time of some steps went. All times are milliseconds a step. */
export interface Profile {
  /** The steps it is the mean of. */
  readonly steps: number;
  /** Time of a step, the profiler's own included. */
  readonly stepMs: number;
  /** Median time of the steps just before the profile, where that was measured: the profiler costs the difference. */
  readonly unprofiledMs?: number;
  /** The named stretches of a step, those inside others behind them, and last what is in none. */
  readonly phases: readonly PhaseTime[];
  /** In no operator: JavaScript, Node-API, reading files, waiting. */
  readonly outsideMs: number;
  /** Time in which a CUDA device worked; absent on the CPU. */
  readonly deviceMs?: number;
  /** The operators, by the time they took themselves (on CUDA: on the device), most first. */
  readonly ops: readonly OpTime[];
}

/**
 * Runs `body` and measures where its time goes, with LibTorch's own profiler: by {@link span}, by operator and by input shapes,
 * forward and backward. Do something equal before it, so that first calls, which take longer, are not measured.
 *
 * @param options.steps - how many equal steps `body` does: times are given for one (1)
 * @param options.trace - a file to write as a Chrome trace, for chrome://tracing or https://ui.perfetto.dev
 * @returns what `body` gave, and the profile
 * @throws TorchError `ERR_PROFILING` where a profile is being taken already; GanError `ERR_CANNOT_WRITE` for the trace; and what `body` throws
 */
export async function profile<T>(
  body: () => T | Promise<T>,
  { steps = 1, trace }: { readonly steps?: number; readonly trace?: string } = {},
): Promise<{ readonly result: T; readonly profile: Profile }> {
  startProfiling();
  const start = performance.now();
  let ms = 0;
  let events: ProfileEvent[] = [];
  let result: T;
  try {
    result = await body();
  } finally {
    ms = performance.now() - start;
    events =
      trace === undefined
        ? stopProfiling()
        : await writeTrace(trace, (path) => stopProfiling({ trace: path }));
  }
  return { result, profile: summarizeProfile(events, { steps, ms }) };
}

/**
 * Adds up what a profiler recorded.
 *
 * @param options.steps - the steps that ran
 * @param options.ms - the milliseconds they took together
 * @param options.unprofiledMs - the milliseconds of a step without the profiler, where known
 */
export function summarizeProfile(
  events: readonly ProfileEvent[],
  options: { readonly steps: number; readonly ms: number; readonly unprofiledMs?: number },
): Profile {
  const { steps, ms, unprofiledMs } = options;
  const spans = new SpanTree(events.filter(({ kind }) => kind === 'span'));
  const busy = union(events.filter(({ kind }) => kind === 'op' || kind === 'node'));
  const device = union(events.filter(({ kind }) => kind === 'device'));
  const stepMs = ms / steps;
  const inside = busy.reduce((sum, { duration }) => sum + duration, 0) / steps;
  return {
    steps,
    stepMs,
    ...(unprofiledMs === undefined ? {} : { unprofiledMs }),
    phases: spans.phases(busy, { steps, stepMs }),
    outsideMs: Math.max(0, stepMs - inside),
    ...(device.length === 0
      ? {}
      : { deviceMs: device.reduce((sum, { duration }) => sum + duration, 0) / steps }),
    ops: opTimes(events, { spans, steps, stepMs }),
  };
}
