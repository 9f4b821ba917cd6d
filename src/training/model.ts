import { argumentError } from '../check';
import { UsageError } from '../errors';
import type { Autoencoder } from '../metrics/autoencoder';
import { Module } from '../nn/module';
import type { EmaOptions } from '../optim/ema';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import type { Game } from './game';
import { type Latent, latentShape } from './latent';
import { LINE_NAMES } from './log-names';
import type { Networks, Phase, Tensors } from './phase';
import { trains } from './plan';
import type { GridMaker } from './sample-grids';
import type { Sampler } from './sampler';
import type { Scorer } from './scorer';
import { checkStages, type Stages } from './stages';

/** What a network's input can be taken from. */
export interface MakeSource {
  /** The batch of the phase that asks. */
  readonly batch: Tensors;
  /** Latents [N, z, …], drawn on first use. */
  readonly latents: Tensor;
}

/** A tensor that a network makes in each step, for the losses of several phases. */
export interface Make<N extends Networks = Networks> {
  /** The network that makes it. */
  readonly by: keyof N & string;
  /** The network's input, or its inputs in order. */
  readonly from: (source: MakeSource) => Tensor | readonly Tensor[];
}

/** A model family: its networks, what they make, its phases, and how it is used once it is trained. */
export interface Model<N extends Networks = Networks> {
  readonly networks: N;
  /** What the networks make, by the name that losses find it by: `made.fake` (nothing). */
  readonly makes?: Readonly<Record<string, Make<NoInfer<N>>>>;
  readonly phases: readonly Phase<NoInfer<N>>[];
  /** Parts of the training that differ in their batch, or in what of the networks is trained (one). */
  readonly stages?: Stages<NoInfer<N>>;
  /** What `latents` are drawn as; absent where no phase needs any. */
  readonly latent?: Latent;
  /** Networks whose weights are averaged, each over about so many images (none). */
  readonly ema?: { readonly [K in keyof NoInfer<N>]?: EmaOptions };
  /** How images are made with the trained networks: sample grids and evaluations need it. */
  readonly sampler?: Sampler;
  /** Pictures drawn beside the sample grids, by name: `samples/NAME-step-000100.png`. */
  readonly grids?: Readonly<Record<string, GridMaker>>;
  /** Networks that are trained against each other: a training warns where one has won, or makes the same again and again (none). */
  readonly games?: readonly Game<NoInfer<N>>[];
  /** How a model with an encoder is judged by real images: bounds on their likelihood, reconstructions (none). */
  readonly autoencoder?: Autoencoder;
  /** What followed from a rule, for the start of a training, e.g. `gamma 0.0256 = 0.0002 · 64² / 32` (nothing). */
  readonly rules?: readonly string[];
  /** How unusual an image is to the trained model (it cannot tell). */
  readonly scorer?: Scorer;
}

/** Names become those of files, so they must not meet, nor leave the folder. */
const NAME = /^[A-Za-z][\w-]{0,99}$/;

/**
 * Checks that the parts of a model fit together.
 *
 * @throws UsageError naming the part that does not
 */
export function checkModel<N extends Networks>(model: Model<N>): void {
  if (typeof model.networks !== 'object' || model.networks === null)
    throw argumentError('Trainer', 'networks by name', model.networks);
  if (!Array.isArray(model.phases)) throw argumentError('Trainer', 'a list of phases', model.phases);
  const names = Object.keys(model.networks);
  if (names.length === 0) throw new UsageError('Trainer expected at least one network but received none');
  if (model.phases.length === 0)
    throw new UsageError('Trainer expected at least one phase but received none');
  requireNames('network', names);
  for (const [name, network] of Object.entries(model.networks)) checkNetwork(name, network);
  requireNames(
    'phase',
    model.phases.map(({ name }) => name),
  );
  requireNames('grid', Object.keys(model.grids ?? {}));
  requireFree('phase', { names: model.phases.map(({ name }) => name), taken: LINE_NAMES });
  requireFree('grid', { names: Object.keys(model.grids ?? {}), taken: ['samples'] });
  if (model.latent) latentShape(model.latent);
  if (model.stages) checkStages(model.stages as Stages);
  const known = (what: string, name: string): void => {
    if (!names.includes(name))
      throw new UsageError(`${what} expected one of the networks ${names.join(', ')} but names ${name}`);
  };
  for (const [name, { by }] of Object.entries(model.makes ?? {})) known(`makes.${name}`, by);
  for (const name of Object.keys(model.ema ?? {})) known('ema', name);
  for (const { generator, discriminator } of model.games ?? [])
    for (const name of [generator, discriminator]) known('games', name);
  for (const name of model.sampler?.networks ?? []) known('sampler', name);
  for (const name of model.scorer?.networks ?? []) known('scorer', name);
  for (const phase of model.phases) checkPhase(phase as Phase, model.networks);
}

/** Checks that a network is one whose state can be saved: at the first checkpoint it would be late to learn that. */
function checkNetwork(name: string, network: Module): void {
  if (!(network instanceof Module))
    throw argumentError(
      'Trainer',
      `the network ${name} to be a module, as nn.sequential(…) makes one,`,
      network,
    );
  scope(() => void network.stateDict());
}

/** Logs have a phase's loss and a grid's picture by its name. */
function requireFree(
  what: string,
  { names, taken }: { readonly names: readonly string[]; readonly taken: readonly string[] },
): void {
  const met = names.find((name) => taken.includes(name));
  if (met !== undefined)
    throw new UsageError(
      `expected a ${what} to have a name of its own but one is called ${met}, which the logs have already: choose another`,
    );
}

function requireNames(what: string, names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (!NAME.test(name))
      throw new UsageError(
        `expected the name of a ${what} to be letters, digits, _ and -, beginning with a letter, 100 at most, but received ${JSON.stringify(name)}: it becomes the name of a file`,
      );
    // A file system may not tell them apart.
    const folded = name.toLowerCase();
    if (seen.has(folded))
      throw new UsageError(`expected ${what}s of different names but two are called ${name}, capitals aside`);
    seen.add(folded);
  }
}

function checkPhase(phase: Phase, networks: Networks): void {
  const names = Object.keys(networks);
  const trained = typeof phase.trains === 'string' ? [phase.trains] : phase.trains;
  const unknown = trained.find((name) => !names.includes(name));
  if (trained.length === 0 || unknown !== undefined)
    throw new UsageError(
      `phase ${phase.name} expected to train some of ${names.join(', ')} but names ${unknown ?? 'none'}`,
    );
  const held = names.find((name) => trains(phase, name) && networks[name].frozen);
  if (held !== undefined)
    throw new UsageError(
      `phase ${phase.name} expected a network that can be trained but ${held} is frozen: unfreeze() it, or leave it out of the phase`,
    );
  const { optimizer, loss, every = 1, repeat = 1 } = phase;
  if (typeof optimizer !== 'function')
    throw argumentError(
      `phase ${phase.name}`,
      'an optimizer that is made for it, e.g. optim.adam({ lr: 2e-4 }),',
      optimizer,
    );
  if (typeof loss !== 'function')
    throw argumentError(`phase ${phase.name}`, 'its loss to be a function of the step', loss);
  for (const [key, value] of Object.entries({ every, repeat }))
    if (typeof value === 'number' && (!Number.isInteger(value) || value < 1))
      throw new UsageError(
        `phase ${phase.name} expected ${key} to be a positive integer but received ${value}`,
      );
}
