import type { Batch } from '../data/loader';
import { GanError } from '../errors';
import { refuseDuringCapture } from '../tensor/capture';
import type { Tensor } from '../tensor/tensor';
import type { Inputs } from './inputs';
import { type Latent, type LatentParts, splitLatents } from './latent';
import type { MadeTensors, Makers } from './made-tensors';
import { namedTensors } from './named-tensors';
import type { Networks, Step, Tensors } from './phase';
import { trains } from './plan';
import type { PhaseRun } from './running-phases';
import type { Scoreboard } from './scoreboard';

/** What a {@link PhaseStep} shows of the training. */
interface Surface extends Makers {
  readonly latent: Latent | undefined;
  readonly board: Scoreboard;
  readonly accumulate: number;
}

interface PhaseStepOptions {
  readonly phase: PhaseRun;
  readonly inputs: Inputs;
  readonly made: MadeTensors;
  /** Steps done before this one. */
  readonly index: number;
  /** Which batch of the inputs is the phase's. */
  readonly place: number;
  /** Which part of its batch that is. */
  readonly part: number;
}

/** What a phase's loss sees. */
export class PhaseStep implements Step {
  readonly networks: Networks;
  readonly batch: Tensors;
  readonly made: Tensors;
  readonly #training: Surface;
  readonly #options: PhaseStepOptions;

  constructor(training: Surface, options: PhaseStepOptions) {
    const { made, place, inputs, phase } = options;
    const { makes, networks } = training;
    this.#training = training;
    this.#options = options;
    this.networks = networks;
    this.batch = batchView(inputs.batch(place));
    this.made = namedTensors({
      names: Object.keys(makes),
      get: (name) => {
        const tensor = made.get(name, place);
        return trains(phase, makes[name].by) ? tensor : tensor.detach();
      },
      unknown: (name) =>
        new GanError(
          'ERR_NO_MAKE',
          `step.made.${name} expected a model that makes it but this one makes ${list(Object.keys(makes))}: name it among the model's makes`,
        ),
    });
  }

  get index(): number {
    refuseDuringCapture('reads step.index');
    return this.#options.index;
  }

  get latents(): Tensor {
    return this.#options.inputs.latents(this.#options.part);
  }

  get latentParts(): LatentParts {
    return splitLatents(requireLatent(this.#training.latent), this.latents);
  }

  get latentLabels(): Tensor {
    const { oneHot } = this.latentParts;
    if (oneHot) return oneHot.argmax(1);
    throw new GanError(
      'ERR_NO_LABELS',
      'step.latentLabels expected latents with classes but these have none: give the model a latent with `classes`',
    );
  }

  /** A property, as `log` is. */
  readonly scheduled = (value: (index: number) => number): Tensor =>
    this.#options.inputs.scheduled(value, this.#options.index);

  /** A property, not a method: losses take it out of the step (`loss: ({ batch, log }) => …`). */
  readonly log = (name: string, value: Tensor | number): void => {
    const { board, accumulate: parts } = this.#training;
    board.post({ kind: 'statistics', name }, value, { part: this.#options.part, parts });
  };
}

/** A batch whose missing names throw. */
export function batchView(batch: Batch): Tensors {
  const names = Object.keys(batch);
  return namedTensors({
    names,
    get: (name) => batch[name],
    unknown: (name) =>
      name === 'labels'
        ? new GanError(
            'ERR_NO_LABELS',
            'step.batch.labels expected a data set with labels but this one has none: choose another, or class sub-folders',
          )
        : new GanError(
            'ERR_NO_BATCH',
            `step.batch.${name} expected a data set that gives it but this one gives ${list(names)}: choose another`,
          ),
  });
}

/** What latents are drawn as. @throws GanError `ERR_NO_LATENT` where the model says nothing of them */
export function requireLatent(latent: Latent | undefined): Latent {
  if (latent) return latent;
  throw new GanError(
    'ERR_NO_LATENT',
    'latents expected a model with a `latent` but this one has none: give it one, e.g. { size: 64 }',
  );
}

function list(names: readonly string[]): string {
  return names.join(', ') || 'nothing';
}
