import { UsageError } from '../errors';
import type { Phase } from './phase';

/** What a plan must know of a phase. */
export type Planned = Pick<Phase, 'name' | 'every' | 'during' | 'repeat' | 'trains'>;

/** One run of a phase within a step. */
export interface PlanEntry<P extends Planned> {
  readonly phase: P;
  /** Which of the group's batches it sees. */
  readonly place: number;
}

/** Runs of phases that share their latents and what networks make; on CUDA they are one graph. */
export interface PlanGroup<P extends Planned> {
  /** Equal for groups of the same work. */
  readonly key: string;
  readonly entries: readonly PlanEntry<P>[];
  /** Which of the step's batches the group sees, in the order of `place`. */
  readonly batches: readonly number[];
  /** The networks it trains: what they make in it is made with its graph. */
  readonly trained: ReadonlySet<string>;
}

/** What runs in a step, in order. */
export interface StepPlan<P extends Planned> {
  readonly groups: readonly PlanGroup<P>[];
  /** How many batches the step sees. */
  readonly batches: number;
}

/** Whether a phase trains this network. */
export function trains(phase: Pick<Phase, 'trains'>, network: string): boolean {
  return typeof phase.trains === 'string' ? phase.trains === network : phase.trains.includes(network);
}

/**
 * Plans step `index`. What networks make is shared as in the textbook loop (made once, detached for the discriminator, with its graph
 * for the generator) until a phase repeats, or one has moved a network that makes something.
 *
 * @param options.makers networks that make something
 */
export function planStep<P extends Planned>(
  phases: readonly P[],
  { index, makers }: { readonly index: number; readonly makers: readonly string[] },
): StepPlan<P> {
  const due = phases.filter(({ every = 1, during }) => index % every === 0 && (during?.(index) ?? true));
  const runs = due.flatMap((phase) =>
    Array.from({ length: repetitions(phase, index) }, (_, repetition) => ({ phase, repetition })),
  );
  const groups: Run<P>[][] = [];
  for (const [i, run] of runs.entries()) {
    const moved = i > 0 && makers.some((maker) => trains(runs[i - 1].phase, maker));
    if (i === 0 || run.repetition > 0 || moved) groups.push([run]);
    else groups[groups.length - 1].push(run);
  }
  return {
    groups: groups.map(groupOf),
    batches: runs.reduce((most, { repetition }) => Math.max(most, repetition + 1), 0),
  };
}

interface Run<P> {
  readonly phase: P;
  /** 0 for the phase's first run in this step: also which of the step's batches it sees. */
  readonly repetition: number;
}

function groupOf<P extends Planned>(runs: readonly Run<P>[]): PlanGroup<P> {
  const batches = [...new Set(runs.map(({ repetition }) => repetition))];
  const entries = runs.map(({ phase, repetition }) => ({ phase, place: batches.indexOf(repetition) }));
  const trained = new Set(runs.flatMap(({ phase }) => phase.trains));
  const key = entries.map(({ phase, place }) => `${phase.name}/${place}`).join(' ');
  return { key, entries, batches, trained };
}

function repetitions({ name, repeat = 1 }: Planned, index: number): number {
  const times = typeof repeat === 'function' ? repeat(index) : repeat;
  if (Number.isInteger(times) && times > 0) return times;
  throw new UsageError(
    `phase ${name} expected its repeat to be a positive integer but it gave ${times} in step ${index}`,
  );
}
