import type { Effort } from '../task';

/** Runs so many steps to their end, the device's work included. */
export type RunSteps = (steps: number) => Promise<void> | void;

/** Steps and the seconds they took. */
export interface Timed {
  readonly steps: number;
  readonly seconds: number;
}

/**
 * Warms up, finds from the last quarter of the warm-up how many steps fill the time, and measures them. The Python and tfjs
 * participants do the same.
 */
export async function timeSteps(run: RunSteps, { warmUp, seconds, minSteps }: Effort): Promise<Timed> {
  const probe = Math.ceil(warmUp / 4);
  await run(warmUp - probe);
  const estimate = (await timed(run, probe)) / probe;
  const steps = Math.max(minSteps, Math.ceil(seconds / estimate));
  return { steps, seconds: await timed(run, steps) };
}

async function timed(run: RunSteps, steps: number): Promise<number> {
  const start = performance.now();
  await run(steps);
  return (performance.now() - start) / 1000;
}
