import { UsageError } from '../errors';
import type { Phase } from './phase';

/** One run of a phase within a step. */
export interface PlanEntry<P extends Pick<Phase, 'every' | 'repeat' | 'trains'>> {
  readonly phase: P;
  /** 0 for the first run in this step, 1 for the second, …: also which of the step's batches of real images it sees. */
  readonly repetition: number;
  /** Whether latents and fakes are drawn anew for it; else it shares those of the entry before. */
  readonly fresh: boolean;
  /** Whether fakes made for it need the generator's graph: it, or an entry it shares them with, trains the generator. */
  readonly graph: boolean;
}

/** Whether a phase trains this network. */
export function trains(phase: Pick<Phase, 'trains'>, network: string): boolean {
  return typeof phase.trains === 'string' ? phase.trains === network : phase.trains.includes(network);
}

/**
 * What runs in step `index`, in order. Fakes are shared as in the textbook loop (made once, detached for the discriminator,
 * with their graph for the generator) until a phase repeats or the generator has moved.
 */
export function planStep<P extends Pick<Phase, 'every' | 'repeat' | 'trains'>>(
  phases: readonly P[],
  { index, generator }: { index: number; generator: string },
): PlanEntry<P>[] {
  const due = phases.filter((phase) => index % (phase.every ?? 1) === 0);
  const runs = due.flatMap((phase) =>
    Array.from({ length: repetitions(phase, index) }, (_, repetition) => ({ phase, repetition })),
  );
  const fresh = runs.map(
    ({ repetition }, i) => i === 0 || repetition > 0 || trains(runs[i - 1].phase, generator),
  );
  return runs.map((run, i) => {
    const next = fresh.indexOf(true, i + 1);
    const sharing = runs.slice(i, next === -1 ? undefined : next);
    const graph = sharing.some(({ phase }) => trains(phase, generator));
    return { phase: run.phase, repetition: run.repetition, fresh: fresh[i], graph };
  });
}

function repetitions({ repeat = 1 }: Pick<Phase, 'repeat'>, index: number): number {
  const times = typeof repeat === 'function' ? repeat(index) : repeat;
  if (Number.isInteger(times) && times > 0) return times;
  throw new UsageError(`a phase's repeat expected a positive integer but gave ${times} in step ${index}`);
}

/** How many batches of real images a plan sees. */
export function batchesOf(plan: readonly { readonly repetition: number }[]): number {
  return plan.reduce((most, { repetition }) => Math.max(most, repetition + 1), 0);
}

/** Which of a step's batches some entries see: for each entry its place among the `repetitions` they have between them. */
export function batchPlaces(entries: readonly { readonly repetition: number }[]): {
  readonly repetitions: readonly number[];
  readonly places: readonly number[];
} {
  const repetitions = [...new Set(entries.map(({ repetition }) => repetition))];
  return { repetitions, places: entries.map(({ repetition }) => repetitions.indexOf(repetition)) };
}

/** The entries of a plan in groups that share latents and fakes. */
export function shares<E extends { readonly fresh: boolean }>(plan: readonly E[]): E[][] {
  const groups: E[][] = [];
  for (const entry of plan) {
    const last = groups.at(-1);
    if (entry.fresh || !last) groups.push([entry]);
    else last.push(entry);
  }
  return groups;
}
