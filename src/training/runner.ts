import type { Batch } from '../data/loader';
import { messageOf } from '../errors';
import { scope } from '../tensor/scope';
import type { CapturedGraph, GraphCapture } from './graph-capture';
import { LiveInputs, type ScheduledValue, StaticInputs } from './inputs';
import { batchPlaces, type PlanEntry, shares } from './plan';
import { type RunningPhase, runEntries, type Workshop } from './step';

/** Runs of a group of phases before it is recorded: LibTorch and its libraries set up what they need in them. */
export const WARM_UP_RUNS = 3;

type Entries = readonly PlanEntry<RunningPhase>[];

/** A recorded group, with what it reads. */
interface Take {
  readonly recording: CapturedGraph;
  readonly inputs: StaticInputs;
  readonly layout: string;
}

/** A group of phases that share fakes, over the steps. */
interface Group {
  runs: number;
  drawsLatents: boolean;
  scheduled: readonly ScheduledValue[];
  /** Why it is never recorded. */
  refused: string | null;
  take: Take | null;
}

/** What a step is run on. */
export interface StepInputs {
  /** For each repetition its parts, one after the other. */
  readonly batches: readonly Batch[];
  /** Steps done before it. */
  readonly index: number;
}

/**
 * Runs steps. With a recorder each group of phases that share fakes runs a few times as it is, is then recorded, and replayed
 * ever after; what cannot be recorded goes on as it is, and a note says why, once.
 */
export class StepRunner {
  readonly #workshop: Workshop;
  readonly #recorder: GraphCapture | null;
  readonly #groups = new Map<string, Group>();
  readonly #notes: string[] = [];

  constructor(workshop: Workshop, recorder: GraphCapture | null) {
    this.#workshop = workshop;
    this.#recorder = recorder;
  }

  /** Runs a step's plan; call it in a scope, which takes what is left of the step. */
  run(plan: Entries, { batches, index }: StepInputs): void {
    for (const entries of shares(plan)) {
      // Losses may count their steps: the optimizers' count goes on also where a replay takes their place.
      for (const { phase } of entries) if (phase.rates) phase.optimizer.advance(phase.rates);
      const { accumulate } = this.#workshop;
      const own = batchPlaces(entries).repetitions.flatMap((repetition) =>
        batches.slice(repetition * accumulate, (repetition + 1) * accumulate),
      );
      if (this.#recorder) this.#runOrReplay(this.#recorder, entries, { batches: own, index });
      else this.#run(entries, { batches: own, index });
    }
  }

  /** Sentences for the user since the last call. */
  takeNotes(): string[] {
    return this.#notes.splice(0);
  }

  /** How many groups of phases are recorded now. */
  get recorded(): number {
    return [...this.#groups.values()].filter(({ take }) => take !== null).length;
  }

  /** Drops the recordings: what they work on was replaced, or is not needed any more. */
  forget(): void {
    for (const group of this.#groups.values()) drop(group);
    this.#recorder?.reset();
  }

  /** Releases the recordings and what they were made with. */
  dispose(): void {
    for (const group of this.#groups.values()) drop(group);
    this.#recorder?.dispose();
  }

  #runOrReplay(recorder: GraphCapture, entries: Entries, step: StepInputs): void {
    const group = this.#groupOf(entries);
    if (group.take && group.take.layout !== layoutOf(entries)) drop(group);
    const { take, refused } = group;
    if (refused !== null || (take && !take.inputs.fits(step.batches))) this.#run(entries, step);
    else if (take) this.#replay(take, step);
    else if (group.runs < WARM_UP_RUNS) {
      recorder.warmUp(() => {
        const inputs = this.#run(entries, step);
        if (inputs.drewLatents) group.drawsLatents = true;
        group.scheduled = inputs.scheduledValues;
      });
      group.runs += 1;
    } else this.#record(recorder, { entries, group, step });
  }

  #run(entries: Entries, { batches, index }: StepInputs): LiveInputs {
    return scope(() => {
      const inputs = new LiveInputs(batches, {
        device: this.#workshop.device,
        draw: () => this.#draw(batches),
      });
      runEntries(this.#workshop, entries, { inputs, index });
      return inputs;
    });
  }

  #replay({ recording, inputs }: Take, { batches, index }: StepInputs): void {
    scope(() => inputs.fill(batches, { index, draw: () => this.#draw(batches) }));
    recording.replay();
  }

  #record(
    recorder: GraphCapture,
    { entries, group, step }: { entries: Entries; group: Group; step: StepInputs },
  ): void {
    const { batches, index } = step;
    scope(() => {
      const { accumulate } = this.#workshop;
      const latents = Array.from({ length: group.drawsLatents ? accumulate : 0 }, () => this.#draw(batches));
      const inputs = new StaticInputs(batches, {
        device: this.#workshop.device,
        index,
        latents,
        scheduled: group.scheduled,
      });
      try {
        const recording = recorder.capture(() => runEntries(this.#workshop, entries, { inputs, index }));
        group.take = { recording, inputs, layout: layoutOf(entries) };
      } catch (error) {
        inputs.dispose();
        this.#refuse(entries, group, messageOf(error));
        // A failure leaves the recorder, and with it the other recordings, in no state to go on.
        this.forget();
        for (const { phase } of entries) phase.optimizer.zeroGrad();
        const { device } = this.#workshop;
        const drawn = [...latents];
        const draw = () => drawn.shift() ?? this.#draw(batches);
        const live = new LiveInputs(batches, { device, draw });
        runEntries(this.#workshop, entries, { inputs: live, index });
        return;
      }
      group.take.recording.replay();
    });
  }

  #refuse(entries: Entries, group: Group, reason: string): void {
    group.refused = reason;
    const names = entries.map(({ phase }) => phase.name);
    const who = names.length === 1 ? `phase ${names[0]} runs` : `phases ${names.join(' and ')} run`;
    this.#notes.push(`${who} without a CUDA graph: ${reason.split('\n')[0]}`);
  }

  #draw(batches: readonly Batch[]) {
    return this.#workshop.drawLatents(batches[0].images.shape[0]);
  }

  #groupOf(entries: Entries): Group {
    const { places } = batchPlaces(entries);
    const names = entries.map(({ phase }, i) => `${phase.name}/${places[i]}`);
    const key = [...names, entries[0].graph ? 'graph' : ''].join(' ');
    const known = this.#groups.get(key);
    if (known) return known;
    const fixed = entries.find(({ phase }) => !phase.optimizer.capturable);
    const group: Group = { runs: 0, drawsLatents: false, scheduled: [], refused: null, take: null };
    if (fixed)
      this.#refuse(
        entries,
        group,
        `the optimizer of ${fixed.phase.name} takes its learning rate from the host (its capturable is false)`,
      );
    this.#groups.set(key, group);
    return group;
  }
}

function layoutOf(entries: Entries): string {
  return entries.map(({ phase }) => phase.optimizer.layout).join('; ');
}

function drop(group: Group): void {
  group.take?.recording.dispose();
  group.take?.inputs.dispose();
  group.take = null;
}
