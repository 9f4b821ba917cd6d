import { GanError } from '../errors';
import type { Module } from '../nn/module';
import { clipGradNorm } from '../optim/clip';
import type { DeviceRates } from '../optim/device-rates';
import type { Optimizer } from '../optim/optimizer';
import { autocast, noGrad } from '../tensor/autograd';
import { refuseDuringCapture } from '../tensor/capture';
import { span } from '../tensor/profiler';
import { handTo, openScope, scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import type { Inputs } from './inputs';
import { type Latent, type LatentParts, splitLatents } from './latent';
import type { Precision } from './manifest';
import type { Networks, Phase, Step } from './phase';
import { batchPlaces, type PlanEntry } from './plan';
import type { Scoreboard } from './scoreboard';

/** A phase with what it works on. */
export interface RunningPhase {
  readonly name: string;
  readonly phase: Phase;
  readonly trains: Phase['trains'];
  readonly every?: number;
  readonly repeat?: Phase['repeat'];
  /** The networks it trains, and those it leaves alone. */
  readonly trained: readonly Module[];
  readonly frozen: readonly Module[];
  /** Those of the networks it trains. */
  readonly parameters: readonly Tensor[];
  readonly optimizer: Optimizer;
  /** Its learning rates on the device, where steps are counted apart from the work: on CUDA. */
  readonly rates?: DeviceRates;
}

/** What stays the same from step to step. */
export interface Workshop {
  readonly networks: Networks;
  readonly generator: Module | undefined;
  readonly device: string;
  readonly latent: Latent;
  readonly precision: () => Precision;
  readonly board: Scoreboard;
  /** In how many parts a phase's batch comes, one after the other. */
  readonly accumulate: number;
  drawLatents(count: number): Tensor;
}

/** How entries of a plan run. */
export interface RunOptions {
  readonly inputs: Inputs;
  /** Steps done before this one. */
  readonly index: number;
}

/** Runs entries that share their fakes, in order, on the batches of `inputs`, which are theirs alone; scalars go to the board. */
export function runEntries(
  workshop: Workshop,
  entries: readonly PlanEntry<RunningPhase>[],
  { inputs, index }: RunOptions,
): void {
  scope(() => {
    const { accumulate: parts } = workshop;
    const shared = parts === 1 ? new Fakes(workshop, inputs, { graph: entries[0].graph, part: 0 }) : null;
    const { places } = batchPlaces(entries);
    for (const [i, entry] of entries.entries()) {
      const stepOf = (part: number): PhaseStep => {
        // Fakes of several parts are not kept for the next phase, but made again: with their graphs they would fill the memory.
        const fakes =
          shared ?? new Fakes(workshop, inputs, { graph: trainsGenerator(workshop, entry), part });
        return new PhaseStep(workshop, {
          inputs,
          index,
          entry,
          fakes,
          place: places[i] * parts + part,
          part,
        });
      };
      span(entry.phase.name, () => runPhase(workshop, entry.phase, stepOf));
    }
  });
}

/** One phase: freeze what it does not train, loss and backward for each part of its batch, clip, step, release. */
function runPhase(workshop: Workshop, running: RunningPhase, stepOf: (part: number) => PhaseStep): void {
  const { phase, optimizer, rates } = running;
  for (const network of running.frozen) network.freeze();
  for (const network of running.trained) network.unfreeze();
  scope(() => {
    if (phase.before) noGrad(() => phase.before?.(workshop.networks));
    for (let part = 0; part < workshop.accumulate; part++)
      scope(() => backPropagate(workshop, phase, { step: stepOf(part), part }));
    span('optimizer', () => {
      if (phase.clipGradNorm !== undefined) clipGradNorm(running.parameters, phase.clipGradNorm);
      if (rates) optimizer.apply(rates);
      else optimizer.step();
      optimizer.zeroGrad();
    });
  });
}

/** The loss of a part of the batch; its gradients are added to those of the parts before, as shares of a mean. */
function backPropagate(
  workshop: Workshop,
  phase: Phase,
  { step, part }: { readonly step: PhaseStep; readonly part: number },
): void {
  const { board, accumulate: parts } = workshop;
  const loss = span('forward', () => inPrecision(workshop, () => phase.loss(step)));
  if (loss.numel !== 1)
    throw new GanError(
      'ERR_BAD_LOSS',
      `phase ${phase.name} expected its loss to be one number but received a tensor of shape [${loss.shape.join(', ')}]: reduce it with mean() or sum()`,
    );
  span('backward', () => (parts === 1 ? loss : loss.div(parts)).backward());
  board.post({ kind: 'losses', name: phase.name }, loss, { part, parts });
}

function trainsGenerator({ generator }: Workshop, { phase }: PlanEntry<RunningPhase>): boolean {
  return generator !== undefined && phase.trained.includes(generator);
}

function inPrecision<T>({ precision, device }: Workshop, body: () => T): T {
  return precision() === 'bf16' ? autocast({ device }, body) : body();
}

/** The fakes that entries share, in the scope around their phases. */
class Fakes {
  readonly #workshop: Workshop;
  readonly #inputs: Inputs;
  readonly #graph: boolean;
  readonly #part: number;
  readonly #owner = openScope();
  #fake: Tensor | null = null;

  constructor(
    workshop: Workshop,
    inputs: Inputs,
    { graph, part }: { readonly graph: boolean; readonly part: number },
  ) {
    this.#workshop = workshop;
    this.#inputs = inputs;
    this.#graph = graph;
    this.#part = part;
  }

  get fake(): Tensor {
    this.#fake ??= handTo(
      this.#owner,
      span('fakes', () => this.#make()),
    );
    return this.#fake;
  }

  #make(): Tensor {
    const { generator } = this.#workshop;
    if (!generator)
      throw new GanError(
        'ERR_NO_GENERATOR',
        "step.fake expected a network named generator: name yours in the trainer's `generator` option",
      );
    const latents = this.#inputs.latents(this.#part);
    const frozen = generator.frozen;
    if (!this.#graph) return scope(() => noGrad(() => generator.forward(latents)));
    // Made in the discriminator's phase for the generator's: it carries the graph, and moves the batch statistics once.
    if (frozen) generator.unfreeze();
    const fake = scope(() => generator.forward(latents));
    if (frozen) generator.freeze();
    return fake;
  }
}

interface PhaseStepOptions extends RunOptions {
  readonly entry: PlanEntry<RunningPhase>;
  readonly fakes: Fakes;
  /** Which batch of the inputs is the phase's. */
  readonly place: number;
  /** Which part of its batch that is. */
  readonly part: number;
}

/** What a phase's loss sees. */
class PhaseStep implements Step {
  readonly networks: Networks;
  readonly #workshop: Workshop;
  readonly #options: PhaseStepOptions;

  constructor(workshop: Workshop, options: PhaseStepOptions) {
    this.#workshop = workshop;
    this.#options = options;
    this.networks = workshop.networks;
  }

  get index(): number {
    refuseDuringCapture('reads step.index');
    return this.#options.index;
  }

  get real(): Tensor {
    return this.#options.inputs.batch(this.#options.place).images;
  }

  get labels(): Tensor {
    const { labels } = this.#options.inputs.batch(this.#options.place);
    if (!labels)
      throw new GanError(
        'ERR_NO_LABELS',
        'step.labels expected a data set with labels but this one has none: choose another, or class sub-folders',
      );
    return labels;
  }

  get latents(): Tensor {
    return this.#options.inputs.latents(this.#options.part);
  }

  get parts(): LatentParts {
    return splitLatents(this.#workshop.latent, this.latents);
  }

  get fakeLabels(): Tensor {
    const { oneHot } = this.parts;
    if (oneHot) return oneHot.argmax(1);
    throw new GanError(
      'ERR_NO_LABELS',
      'step.fakeLabels expected latents with classes but these have none: give the model a latent with `classes`',
    );
  }

  get fake(): Tensor {
    const { fakes, entry } = this.#options;
    return trainsGenerator(this.#workshop, entry) ? fakes.fake : fakes.fake.detach();
  }

  /** A property, as `log` is. */
  readonly scheduled = (value: (index: number) => number): Tensor =>
    this.#options.inputs.scheduled(value, this.#options.index);

  /** A property, not a method: losses take it out of the step (`loss: ({ real, log }) => …`). */
  readonly log = (name: string, value: Tensor | number): void => {
    const { board, accumulate: parts } = this.#workshop;
    board.post({ kind: 'statistics', name }, value, { part: this.#options.part, parts });
  };
}
