import type { Batch } from '../data/loader';
import { GanError } from '../errors';
import type { Module } from '../nn/module';
import { clipGradNorm } from '../optim/clip';
import type { Optimizer } from '../optim/optimizer';
import { autocast, noGrad } from '../tensor/autograd';
import { span } from '../tensor/profiler';
import { keep, scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import type { Precision } from './manifest';
import type { Networks, Phase, Step } from './phase';
import type { PlanEntry } from './plan';

/** A phase with what it works on. */
export interface RunningPhase {
  readonly name: string;
  readonly phase: Phase;
  readonly trains: Phase['trains'];
  readonly every?: number;
  readonly repeat?: number;
  /** The networks it trains, and those it leaves alone. */
  readonly trained: readonly Module[];
  readonly frozen: readonly Module[];
  /** Those of the networks it trains. */
  readonly parameters: readonly Tensor[];
  readonly optimizer: Optimizer;
}

/** What stays the same from step to step. */
export interface Workshop {
  readonly networks: Networks;
  readonly generator: Module | undefined;
  readonly device: string;
  readonly precision: () => Precision;
  drawLatents(count: number): Tensor;
}

/** Scalars of one step, by name, still on the device; the owner disposes them. */
export interface StepResult {
  readonly losses: Map<string, Tensor>;
  readonly statistics: Map<string, Tensor | number>;
}

/** Runs the phases of one step in order. */
export function runStep(
  workshop: Workshop,
  plan: readonly PlanEntry<RunningPhase>[],
  { batches, index }: { batches: readonly Batch[]; index: number },
): StepResult {
  const result: StepResult = { losses: new Map(), statistics: new Map() };
  const draws = new Draws(workshop);
  try {
    for (const entry of plan) {
      const batch = batches[entry.repetition];
      if (entry.fresh) draws.begin(batch.images.shape[0], entry.graph);
      const step = new PhaseStep({ workshop, batch, draws, entry, index, result });
      span(entry.phase.name, () => runPhase(workshop, entry.phase, step, result));
    }
    return result;
  } catch (error) {
    disposeResult(result);
    throw error;
  } finally {
    draws.end();
  }
}

/** Releases the scalars of a step. */
export function disposeResult(result: StepResult): void {
  for (const value of [...result.losses.values(), ...result.statistics.values()])
    if (typeof value !== 'number') value.dispose();
  result.losses.clear();
  result.statistics.clear();
}

/** One phase: freeze what it does not train, loss, backward, clip, step, release. */
function runPhase(workshop: Workshop, running: RunningPhase, step: PhaseStep, result: StepResult): void {
  const { phase, optimizer } = running;
  for (const network of running.frozen) network.freeze();
  for (const network of running.trained) network.unfreeze();
  scope(() => {
    const loss = span('forward', () => inPrecision(workshop, () => phase.loss(step)));
    if (loss.numel !== 1)
      throw new GanError(
        'ERR_BAD_LOSS',
        `phase ${phase.name} expected its loss to be one number but received a tensor of shape [${loss.shape.join(', ')}]: reduce it with mean() or sum()`,
      );
    span('backward', () => loss.backward());
    span('optimizer', () => {
      if (phase.clipGradNorm !== undefined) clipGradNorm(running.parameters, phase.clipGradNorm);
      optimizer.step();
      optimizer.zeroGrad();
    });
    replace(result.losses, phase.name, keep(loss.detach()));
  });
}

function inPrecision<T>({ precision, device }: Workshop, body: () => T): T {
  return precision() === 'bf16' ? autocast({ device }, body) : body();
}

/** Puts a newer scalar in the place of the one of that name, which it releases. */
export function replace<T extends Tensor | number>(values: Map<string, T>, name: string, value: T): void {
  const before = values.get(name);
  if (before !== undefined && typeof before !== 'number') before.dispose();
  values.set(name, value);
}

/** Latents and fakes that the phases of a step share; they outlive the phases' scopes. */
class Draws {
  readonly #workshop: Workshop;
  #count = 0;
  #graph = false;
  #latents: Tensor | undefined;
  #fake: Tensor | undefined;

  constructor(workshop: Workshop) {
    this.#workshop = workshop;
  }

  begin(count: number, graph: boolean): void {
    this.end();
    this.#count = count;
    this.#graph = graph;
  }

  get latents(): Tensor {
    this.#latents ??= keep(this.#workshop.drawLatents(this.#count));
    return this.#latents;
  }

  get fake(): Tensor {
    this.#fake ??= keep(span('fakes', () => this.#make()));
    return this.#fake;
  }

  end(): void {
    this.#latents?.dispose();
    this.#fake?.dispose();
    this.#latents = undefined;
    this.#fake = undefined;
  }

  #make(): Tensor {
    const { generator } = this.#workshop;
    if (!generator)
      throw new GanError(
        'ERR_NO_GENERATOR',
        "step.fake expected a network named generator: name yours in the trainer's `generator` option",
      );
    const { latents } = this;
    const frozen = generator.frozen;
    if (!this.#graph) return scope(() => noGrad(() => generator.forward(latents)));
    // Made in the discriminator's phase for the generator's: it carries the graph, and moves the batch statistics once.
    if (frozen) generator.unfreeze();
    const fake = scope(() => generator.forward(latents));
    if (frozen) generator.freeze();
    return fake;
  }
}

interface PhaseStepOptions {
  readonly workshop: Workshop;
  readonly batch: Batch;
  readonly draws: Draws;
  readonly entry: PlanEntry<RunningPhase>;
  readonly index: number;
  readonly result: StepResult;
}

/** What a phase's loss sees. */
class PhaseStep implements Step {
  readonly networks: Networks;
  readonly index: number;
  readonly #options: PhaseStepOptions;

  constructor(options: PhaseStepOptions) {
    this.#options = options;
    this.networks = options.workshop.networks;
    this.index = options.index;
  }

  get real(): Tensor {
    return this.#options.batch.images;
  }

  get labels(): Tensor {
    const { labels } = this.#options.batch;
    if (!labels)
      throw new GanError(
        'ERR_NO_LABELS',
        'step.labels expected a data set with labels but this one has none: choose another, or class sub-folders',
      );
    return labels;
  }

  get latents(): Tensor {
    return this.#options.draws.latents;
  }

  get fake(): Tensor {
    const { draws, entry, workshop } = this.#options;
    const trainsGenerator =
      workshop.generator !== undefined && entry.phase.trained.includes(workshop.generator);
    return trainsGenerator ? draws.fake : draws.fake.detach();
  }

  /** A property, not a method: losses take it out of the step (`loss: ({ real, log }) => …`). */
  readonly log = (name: string, value: Tensor | number): void => {
    replace(
      this.#options.result.statistics,
      name,
      typeof value === 'number' ? value : keep(value.detach().clone()),
    );
  };
}
