import { type Loader, resizeLoader } from '../data/loader';
import { UsageError } from '../errors';
import type { Networks } from './phase';

/** A part of a training, from one of its steps on. */
export interface Stage {
  /** What reports and checkpoints call it, e.g. `16×16, fading in`. */
  readonly name: string;
  /** Its first step, counted from 0, which is that of the first stage. It lasts until the next begins. */
  readonly from: number;
  /** Images a batch in it; said of all stages or of none (the loader's). */
  readonly batch?: number;
  /**
   * Whether what the optimizers keep of gradients is gone when it begins, while their rates and schedules go on, and averages begin anew from the
   * weights as they then are: layers that nobody has trained yet would count in them for long (false).
   */
  readonly restarts?: boolean;
}

/**
 * A training in stages, which depend on the step alone. All networks are there from the start; phases run in all stages unless their `during`
 * says otherwise. CUDA graphs are captured anew in each.
 */
export interface Stages<N extends Networks = Networks> {
  /** In order. */
  readonly list: readonly Stage[];
  /**
   * Brings networks to where they are in step `index`, counted from 0: called before each step with the networks, and with the averages of
   * those that have one. It is no part of CUDA graphs: what it changes in every step is a number in a buffer, and what it changes else, such as
   * which layers run, changes where a stage begins. What it sets must be in the networks' states, so that a checkpoint tells it.
   */
  place(networks: Partial<N>, index: number): void;
}

/** Where a training is among its stages, as checkpoints tell it. */
export interface StagePlace {
  readonly name: string;
  /** Counted from 1. */
  readonly number: number;
  /** How many there are. */
  readonly of: number;
}

/** @throws UsageError unless the stages are in order, from step 0 on, each has a name of its own, and all have a batch or none */
export function checkStages({ list }: Stages): void {
  if (list[0]?.from !== 0)
    throw new UsageError(
      `stages expected the first to be from step 0 but received ${list[0]?.from ?? 'no stage'}`,
    );
  for (const [i, { name, from, batch = 1 }] of list.entries()) {
    if (!Number.isSafeInteger(from) || (i > 0 && from <= list[i - 1].from))
      throw new UsageError(
        `stage ${name} expected to be from a whole step after that of the stage before, ${list[i - 1]?.from}, but received ${from}`,
      );
    if (!Number.isSafeInteger(batch) || batch < 1)
      throw new UsageError(`stage ${name} expected batch to be a positive integer but received ${batch}`);
    if (name.trim() === '' || list.findIndex((other) => other.name === name) < i)
      throw new UsageError(
        `stages expected names that differ but number ${i + 1} is called ${JSON.stringify(name)}`,
      );
  }
  // What the loader's was, is not known to a training that goes on, or back, into such a stage.
  const unsaid = list.find(({ batch }) => batch === undefined);
  if (unsaid && list.some(({ batch }) => batch !== undefined))
    throw new UsageError(
      `stages expected batch to be said of all of them or of none, but ${unsaid.name} has none: give it one`,
    );
}

/** The stage of step `index`, counted from 0. */
export function stageAt<S extends Stage>(list: readonly S[], index: number): S {
  return list.filter(({ from }) => from <= index).at(-1) ?? list[0];
}

/** The stage that a training of so many steps is in: that of its last one. */
export function lastStage({ list }: Stages, steps: number): Stage {
  return stageAt(list, Math.max(0, steps - 1));
}

/** Where a training is after so many steps; undefined for one without stages. */
export function placeOf({
  stages,
  step,
}: {
  readonly stages: Stages | undefined;
  readonly step: number;
}): StagePlace | undefined {
  if (!stages) return undefined;
  const stage = lastStage(stages, step);
  return { name: stage.name, number: stages.list.indexOf(stage) + 1, of: stages.list.length };
}

/** @throws UsageError for a loader that cannot give the batches of all stages: at the start, not where a stage begins */
export function checkBatches(loader: Loader, { list }: Stages): void {
  const { batch } = loader;
  for (const stage of list) fitLoader(loader, stage);
  resizeLoader(loader, batch);
}

/** Makes a loader give the batches of a stage. @throws UsageError for a loader that cannot, or a batch that is larger than the set */
export function fitLoader(loader: Loader, { batch }: Stage): void {
  if (batch !== undefined) resizeLoader(loader, batch);
}
