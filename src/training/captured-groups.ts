import type { Batch } from '../data/loader';
import { messageOf } from '../errors';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import type { CapturedGraph, GraphCapture } from './graph-capture';
import { LiveInputs, type ScheduledValue, StaticInputs } from './inputs';
import { batchSize, type Group, type GroupInputs, liveInputs, runGroup, type StepContext } from './step';

/** Runs of a group of phases before it is captured: LibTorch and its libraries set up what they need in them. */
export const WARM_UP_RUNS = 3;

/** A captured group, with what it reads. */
interface Captured {
  readonly graph: CapturedGraph;
  readonly inputs: StaticInputs;
  /** What its optimizers work with: a change asks for a new graph. */
  readonly layout: string;
}

/** What is known of a group over the steps. */
interface GroupState {
  runs: number;
  drawsLatents: boolean;
  scheduled: readonly ScheduledValue[];
  /** Why it is never captured. */
  refused: string | null;
  captured: Captured | null;
}

/**
 * Runs groups of phases as CUDA graphs: each runs a few times as it is, is then captured, and replayed ever after. What cannot be
 * captured goes on as it is, and a note says why, once.
 */
export class CapturedGroups {
  readonly #context: StepContext;
  readonly #capture: GraphCapture;
  readonly #groups = new Map<string, GroupState>();
  readonly #notes: string[] = [];

  constructor(context: StepContext, capture: GraphCapture) {
    this.#context = context;
    this.#capture = capture;
  }

  /** Runs a group, or replays its graph. */
  run(group: Group, inputs: GroupInputs): void {
    const state = this.#stateOf(group);
    if (state.captured && state.captured.layout !== layoutOf(group)) drop(state);
    const { captured, refused } = state;
    if (refused !== null || (captured && !captured.inputs.fits(inputs.batches))) this.#runLive(group, inputs);
    else if (captured) this.#replay(captured, inputs);
    else if (state.runs < WARM_UP_RUNS) this.#warmUp(state, group, inputs);
    else this.#captureAndRun(state, group, inputs);
  }

  /** Sentences for the user since the last call. */
  takeNotes(): string[] {
    return this.#notes.splice(0);
  }

  /** How many groups of phases are graphs now. */
  get count(): number {
    return [...this.#groups.values()].filter(({ captured }) => captured !== null).length;
  }

  /** Drops the graphs: what they work on was replaced, or is not needed any more. Each group runs a few times as it is before the next. */
  forget(): void {
    this.#dropAll();
    for (const state of this.#groups.values()) state.runs = 0;
  }

  #dropAll(): void {
    for (const state of this.#groups.values()) drop(state);
    this.#capture.reset();
  }

  /** Releases the graphs and what they were made with. */
  dispose(): void {
    for (const state of this.#groups.values()) drop(state);
    this.#capture.dispose();
  }

  #runLive(group: Group, { batches, index }: GroupInputs): LiveInputs {
    return scope(() => {
      const inputs = liveInputs(this.#context, batches);
      runGroup(this.#context, group, { inputs, index });
      return inputs;
    });
  }

  #warmUp(state: GroupState, group: Group, inputs: GroupInputs): void {
    this.#capture.warmUp(() => {
      const used = this.#runLive(group, inputs);
      if (used.drewLatents) state.drawsLatents = true;
      state.scheduled = used.scheduledValues;
    });
    state.runs += 1;
  }

  #replay({ graph, inputs }: Captured, { batches, index }: GroupInputs): void {
    scope(() => inputs.fill(batches, { index, draw: () => this.#draw(batches) }));
    graph.replay();
  }

  #captureAndRun(state: GroupState, group: Group, { batches, index }: GroupInputs): void {
    scope(() => {
      const { accumulate, device } = this.#context;
      const parts = state.drawsLatents ? accumulate : 0;
      const latents = Array.from({ length: parts }, () => this.#draw(batches));
      const { scheduled } = state;
      const inputs = new StaticInputs(batches, { device, index, latents, scheduled });
      try {
        const graph = this.#capture.capture(() => runGroup(this.#context, group, { inputs, index }));
        state.captured = { graph, inputs, layout: layoutOf(group) };
      } catch (error) {
        inputs.dispose();
        this.#refuse(state, group, messageOf(error));
        // A failure leaves the capture, and with it the other graphs, in no state to go on.
        this.#dropAll();
        for (const { phase } of group.entries) phase.running.zeroGrad();
        const drawn = [...latents];
        const draw = () => drawn.shift() ?? this.#draw(batches);
        runGroup(this.#context, group, { inputs: new LiveInputs(batches, { device, draw }), index });
        return;
      }
      state.captured.graph.replay();
    });
  }

  #refuse(state: GroupState, { entries }: Group, reason: string): void {
    state.refused = reason;
    const names = entries.map(({ phase }) => phase.name);
    const who = names.length === 1 ? `phase ${names[0]} runs` : `phases ${names.join(' and ')} run`;
    this.#notes.push(`${who} without a CUDA graph: ${reason.split('\n')[0]}`);
  }

  #draw(batches: readonly Batch[]): Tensor {
    return this.#context.drawLatents(batchSize(batches));
  }

  #stateOf(group: Group): GroupState {
    const known = this.#groups.get(group.key);
    if (known) return known;
    const state: GroupState = {
      runs: 0,
      drawsLatents: false,
      scheduled: [],
      refused: null,
      captured: null,
    };
    const fixed = group.entries.find(({ phase }) => !phase.running.capturable);
    if (fixed)
      this.#refuse(
        state,
        group,
        `the optimizer of ${fixed.phase.name} takes its learning rate from the host (its capturable is false)`,
      );
    this.#groups.set(group.key, state);
    return state;
  }
}

function layoutOf({ entries }: Group): string {
  return entries.map(({ phase: { running, guard } }) => `${running.layout} ${guard.skips}`).join('; ');
}

function drop(state: GroupState): void {
  state.captured?.graph.dispose();
  state.captured?.inputs.dispose();
  state.captured = null;
}
