import type { Batch } from '../data/loader';
import { clipGradNorm } from '../optim/clip';
import type { ProcessGroup } from '../parallel/group';
import { autocast, noGrad } from '../tensor/autograd';
import { span } from '../tensor/profiler';
import { scope } from '../tensor/scope';
import { undoWhere } from '../tensor/snapshot';
import type { Tensor } from '../tensor/tensor';
import { checkLoss } from './check-loss';
import { type Inputs, LiveInputs } from './inputs';
import type { Latent } from './latent';
import { MadeTensors, type Makers } from './made-tensors';
import type { Precision } from './manifest';
import type { MakeSource } from './model';
import { batchView, PhaseStep } from './phase-step';
import type { PlanGroup } from './plan';
import type { PhaseRun } from './running-phases';
import type { Scoreboard } from './scoreboard';
import { averageGradients } from './shared-gradients';

/** What stays the same from step to step. */
export interface StepContext extends Makers {
  readonly device: string;
  readonly latent: Latent | undefined;
  readonly precision: () => Precision;
  readonly board: Scoreboard;
  /** In how many parts a phase's batch comes, one after the other. */
  readonly accumulate: number;
  /** Who trains with it, each on its share of every batch. */
  readonly group: ProcessGroup;
  drawLatents(count: number): Tensor;
}

/** Phases that share what networks make. */
export type Group = PlanGroup<PhaseRun>;

/** What a group runs on. */
export interface GroupInputs {
  /** For each batch of the group its parts, one after the other. */
  readonly batches: readonly Batch[];
  /** Steps done before this one. */
  readonly index: number;
}

/** A step's own batches, with latents that are drawn on first use. */
export function liveInputs(context: StepContext, batches: readonly Batch[]): LiveInputs {
  return new LiveInputs(batches, {
    device: context.device,
    draw: () => context.drawLatents(batchSize(batches)),
  });
}

/** How many examples a batch has. */
export function batchSize([batch]: readonly Batch[]): number {
  return Object.values(batch)[0].shape[0];
}

/** Runs the phases of a group in order; scalars go to the board. Call it in a scope, which takes what is left of the inputs. */
export function runGroup(
  context: StepContext,
  { entries, trained }: Group,
  { inputs, index }: { readonly inputs: Inputs; readonly index: number },
): void {
  scope(() => {
    const { accumulate: parts } = context;
    const making = (part: number, graphs: ReadonlySet<string>) =>
      new MadeTensors(context, sourceOf(inputs, part), graphs);
    const shared = parts === 1 ? making(0, trained) : null;
    for (const { phase, place } of entries) {
      const stepOf = (part: number): PhaseStep => {
        // What several parts make is not kept for the next phase, but made again: with its graphs it would fill the memory.
        const made = shared ?? making(part, new Set([phase.trains].flat()));
        return new PhaseStep(context, { phase, inputs, made, index, place: place * parts + part, part });
      };
      span(phase.name, () => runPhase(context, phase, stepOf));
    }
  });
}

/** What networks' inputs are taken from. */
function sourceOf(inputs: Inputs, part: number): (place: number) => MakeSource {
  return (place: number) => ({
    get batch() {
      return batchView(inputs.batch(place));
    },
    get latents() {
      return inputs.latents(part);
    },
  });
}

/** One phase: freeze what it does not train, and learn; an update that is to be skipped leaves nothing behind. */
function runPhase(context: StepContext, phase: PhaseRun, stepOf: (part: number) => PhaseStep): void {
  context.group.enter(`phase ${phase.name}`);
  for (const network of phase.frozen) network.freeze();
  for (const network of phase.trained) network.unfreeze();
  scope(() => {
    const { guard, touched } = phase;
    if (guard.skips) undoWhere([touched], () => learn(context, phase, stepOf));
    else learn(context, phase, stepOf);
  });
}

/** Loss and backward for each part of the batch, clip, step, release. @returns where the update was skipped, as the guard does */
function learn(
  context: StepContext,
  phase: PhaseRun,
  stepOf: (part: number) => PhaseStep,
): Tensor | undefined {
  if (phase.before) noGrad(() => phase.before?.(context.networks));
  try {
    for (let part = 0; part < context.accumulate; part++)
      scope(() => backPropagate(context, phase, { step: stepOf(part), part }));
  } catch (error) {
    // Of the parts before: the next update must not have them.
    phase.running.zeroGrad();
    throw error;
  }
  const loss = context.board.lossOf(phase.name);
  const { group } = context;
  if (group.size > 1)
    span('all-reduce', () => averageGradients(group, { parameters: phase.parameters, loss }));
  return span('optimizer', () => {
    const { running, rates, clipGradNorm: limit, parameters } = phase;
    if (limit !== undefined) clipGradNorm(parameters, limit);
    const skipped = phase.guard.check(running, loss);
    if (rates) running.apply(rates, { unless: skipped });
    else running.step({ unless: skipped });
    running.zeroGrad();
    return skipped;
  });
}

/** The loss of a part of the batch; its gradients are added to those of the parts before, as shares of a mean. */
function backPropagate(
  context: StepContext,
  phase: PhaseRun,
  { step, part }: { readonly step: PhaseStep; readonly part: number },
): void {
  const { board, accumulate: parts } = context;
  const loss: unknown = span('forward', () => inPrecision(context, () => phase.loss(step)));
  checkLoss(phase, loss);
  span('backward', () => (parts === 1 ? loss : loss.div(parts)).backward());
  board.post({ kind: 'losses', name: phase.name }, loss, { part, parts });
}

function inPrecision<T>({ precision, device }: StepContext, body: () => T): T {
  return precision() === 'bf16' ? autocast({ device }, body) : body();
}
