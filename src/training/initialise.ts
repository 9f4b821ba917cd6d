import { GanError, UsageError } from '../errors';
import { badSafetensors } from '../io/safetensors-header';
import { recordsToTensors } from '../io/tensors';
import type { Module } from '../nn/module';
import { SpectralNorm } from '../nn/spectral-norm';
import type { Ema } from '../optim/ema';
import { isFloating } from '../tensor/full-precision';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import { fitNames } from './fit-names';
import type { Initialisation, InitialisedNetwork } from './initialisation';
import { type Matched, matchWeights, type OwnTensors, type Wanted } from './match-weights';
import type { Networks } from './phase';
import { readWeights, type Weights } from './weights';

/** What can start from other weights: a model, or a trainer before its first step. */
export interface Initialisable {
  readonly networks: Networks;
  /** Averages of the networks, which then begin at what was loaded. */
  readonly averages?: Readonly<Record<string, Ema>>;
  readonly step?: number;
}

/**
 * Loads into the networks of a model what fits of other weights: of a run, a checkpoint, a safetensors file or one of PyTorch, see {@link readWeights}.
 * Tensors are matched by the network's name, then by their name and shape in its state dict, and converted to the network's dtype and device; where none of a
 * file has a name of the networks, by names that are found for them (without what all begin with, or layer by layer), which the report tells.
 * What does not fit stays as it is, and the report names it. Of a checkpoint it takes the weights in training, not the averages;
 * averages of a trainer begin at the loaded weights. Optimizers, counters, random numbers and networks without parameters (pools,
 * ADA's probability) are not touched: it is the start of a new training.
 *
 * ```ts
 * const trainer = new Trainer(model);
 * const init = await initialise(trainer, 'runs/a/best');
 * for await (const report of trainer.fit(loader, { steps: 1000, out: 'runs/b', init })) …
 * ```
 *
 * @param source a path, or what `readWeights` read
 * @param options.network the one network to load (all); a file that holds one network is then for this one
 * @returns what fitted, for `fit` to keep it in `config.json`
 * @throws GanError `ERR_STATE_DICT` where no parameter fits, `ERR_BAD_WEIGHTS` for what is not finite or no floating-point numbers, UsageError for a network that the model
 *   does not have or a trainer that has trained, and what `readWeights` throws; nothing is loaded then
 */
export async function initialise(
  model: Initialisable,
  source: string | Weights,
  { network }: { readonly network?: string } = {},
): Promise<Initialisation> {
  if (model.step)
    throw new UsageError(`initialise expected a training at its start but this one is at step ${model.step}`);
  const targets = targetsOf(model.networks, network);
  const weights = typeof source === 'string' ? await readWeights(source) : source;
  return scope(() => {
    const wanted = wantedOf(model.networks, targets, network);
    const { weights: fitting, renamed } = fitNames(weights, wanted);
    const matched = matchWeights(fitting, wanted);
    const reports: Record<string, InitialisedNetwork> = {};
    const loads = Object.entries(matched.networks).map(([name, match]) => {
      const target = targets[name];
      const state = finiteState(target, match, { source: weights.source, name });
      reports[name] = describe(target, match, renamed[name]);
      return { name, target, state };
    });
    for (const { name, target, state } of loads) {
      target.loadStateDict(state, { strict: false });
      settleVectors(target, new Set(Object.keys(state)));
      const average = model.averages?.[name];
      average?.module.loadStateDict(target.stateDict());
      average?.restart();
    }
    const { source, step, sha256 } = weights;
    return { source, step, sha256, networks: reports, unused: matched.unused };
  });
}

/** The networks with parameters: the others are the state of a training. */
function targetsOf(networks: Networks, only: string | undefined): Networks {
  const learned = Object.entries(networks).filter(([, module]) => module.parameters().length > 0);
  if (only === undefined) return Object.fromEntries(learned);
  const named = learned.filter(([name]) => name === only);
  if (named.length > 0) return Object.fromEntries(named);
  throw new UsageError(
    `expected one of the networks ${learned.map(([name]) => name).join(', ')} but received ${JSON.stringify(only)}`,
  );
}

function wantedOf(networks: Networks, targets: Networks, only: string | undefined): Wanted {
  const own = Object.entries(targets).map(([name, module]) => [name, ownTensors(module)] as const);
  const others = Object.keys(networks).filter((name) => !Object.hasOwn(targets, name));
  return { networks: Object.fromEntries(own), alone: only !== undefined, others };
}

function ownTensors(network: Module): OwnTensors {
  const buffers = new Set(network.namedBuffers().map(([name]) => name));
  const state = Object.entries(network.stateDict());
  return Object.fromEntries(state.map(([name, { shape }]) => [name, { shape, learned: !buffers.has(name) }]));
}

/** What fitted, in the dtypes of the network. @throws GanError `ERR_BAD_WEIGHTS`: NaN is nowhere good, infinity not in a parameter, whole numbers are no weights */
function finiteState(
  network: Module,
  { fitted }: Matched,
  place: { readonly source: string; readonly name: string },
): Record<string, Tensor> {
  const own = network.stateDict();
  const parameters = new Set(network.namedParameters().map(([name]) => name));
  const given = Object.entries(
    recordsToTensors(fitted, { device: 'cpu', fail: badSafetensors(place.source) }),
  );
  return Object.fromEntries(
    given.map(([name, tensor]) => {
      if (isFloating(own[name].dtype) && !isFloating(tensor.dtype))
        throw new GanError(
          'ERR_BAD_WEIGHTS',
          `${place.source}: ${place.name} ${name} expected floating-point numbers but holds ${tensor.dtype}: convert what was quantised or packed first`,
        );
      const converted = tensor.to({ dtype: own[name].dtype });
      for (const values of tensor.dtype === converted.dtype ? [tensor] : [tensor, converted])
        if (!isGood(values, parameters.has(name)))
          throw new GanError(
            'ERR_BAD_WEIGHTS',
            `${place.source}: ${place.name} ${name} expected finite numbers but holds NaN or infinity: start from an earlier checkpoint, or another file`,
          );
      return [name, converted];
    }),
  );
}

function isGood(tensor: Tensor, infinityIsBad: boolean): boolean {
  return scope(() =>
    infinityIsBad ? tensor.isfinite().all().item() !== 0 : tensor.isnan().any().item() === 0,
  );
}

/** A layer's singular vectors follow its weight by small steps: where only one of the two was loaded, they are brought up to it. */
function settleVectors(network: Module, loaded: ReadonlySet<string>): void {
  const named = [...network.namedParameters(), ...network.namedBuffers()];
  const tensors = new Set(named.filter(([name]) => loaded.has(name)).map(([, tensor]) => tensor));
  for (const module of network.modules()) {
    if (!(module instanceof SpectralNorm)) continue;
    const parts = [module.layer.weight, module.u, module.v].filter((tensor) => tensors.has(tensor));
    if (parts.length === 1 || parts.length === 2) module.settle();
  }
}

function describe(
  network: Module,
  { fitted, ...rest }: Matched,
  renamed: Readonly<Record<string, string>> = {},
): InitialisedNetwork {
  const loaded = network.namedParameters().filter(([name]) => Object.hasOwn(fitted, name));
  return {
    tensors: Object.keys(network.stateDict()).length,
    fitted: Object.keys(fitted).length,
    parameters: loaded.reduce((sum, [, { numel }]) => sum + numel, 0),
    ...rest,
    ...(Object.keys(renamed).length > 0 && { renamed }),
  };
}
