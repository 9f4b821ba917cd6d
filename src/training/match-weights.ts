import { GanError, UsageError } from '../errors';
import type { TensorRecords } from '../io/safetensors';
import { type InitialisedNetwork, listText, type OtherShape } from './initialisation';
import type { Weights } from './weights';

/** A tensor of a network. */
export interface OwnTensor {
  readonly shape: readonly number[];
  /** Whether it is a parameter, and no buffer. */
  readonly learned: boolean;
}

/** A network's tensors by their names in its state dict. */
export type OwnTensors = Readonly<Record<string, OwnTensor>>;

/** The source's tensors that have the name and shape of a network's, and the names of the rest. */
export interface Matched extends Pick<InitialisedNetwork, 'missing' | 'otherShape' | 'parted'> {
  readonly fitted: TensorRecords;
}

/** What of a source fits which network. */
export interface MatchedWeights {
  readonly networks: Readonly<Record<string, Matched>>;
  /** Names in the source that no network has. */
  readonly unused: readonly string[];
}

/** The networks to find weights for. */
export interface Wanted {
  readonly networks: Readonly<Record<string, OwnTensors>>;
  /** Whether that is one of several, and the rest of the source is left alone on purpose. */
  readonly alone: boolean;
  /** Networks of the model that weights are not taken for. */
  readonly others: readonly string[];
}

/**
 * Matches the tensors of a source with networks: of a checkpoint by the network's name, of a file by that as a prefix or, where more fits so, as
 * the state dict of one network; then by name and shape.
 *
 * @throws GanError `ERR_STATE_DICT` where no parameter fits, UsageError where a file fits several networks alike
 */
export function matchWeights(weights: Weights, wanted: Wanted): MatchedWeights {
  const sources = sourcesOf(weights, wanted);
  const networks: Record<string, Matched> = {};
  for (const [name, own] of Object.entries(wanted.networks))
    if (sources.whole || Object.hasOwn(sources.networks, name))
      networks[name] = matchNetwork(own, sources.networks[name] ?? {});
  if (countFits(wanted, sources.networks) === 0) throw nothingFits(weights, wanted);
  const unused = Object.entries(sources.networks).flatMap(([name, tensors]) =>
    Object.keys(tensors)
      .filter((tensor) => !Object.hasOwn(wanted.networks[name] ?? {}, tensor))
      .map((tensor) => (sources.prefixed ? `${name}.${tensor}` : tensor)),
  );
  return { networks, unused: [...unused, ...sources.unused] };
}

/** Whether any parameter of the networks is in a source under its name. */
export function fitsByName(weights: Weights, wanted: Wanted): boolean {
  return countFits(wanted, sourcesOf(weights, wanted).networks) > 0;
}

/** Tensors of a source by the network that they are for. */
interface Sources {
  readonly networks: Readonly<Record<string, TensorRecords>>;
  /** Names that are for no network. */
  readonly unused: readonly string[];
  /** Whether it is of all networks, and not of one. */
  readonly whole: boolean;
  /** Whether names in it begin with a network's. */
  readonly prefixed: boolean;
}

function sourcesOf({ source, held }: Weights, wanted: Wanted): Sources {
  const { alone, others } = wanted;
  if (held.by !== 'file') {
    const named = held.by === 'network' ? held.networks : held.dicts;
    const used = Object.entries(named).filter(([name]) =>
      alone ? Object.hasOwn(wanted.networks, name) : !others.includes(name),
    );
    return { networks: Object.fromEntries(used), unused: [], whole: true, prefixed: true };
  }
  const prefixed = byPrefix(held.tensors, wanted);
  const [best, fitting] = bestNetwork(source, held, wanted);
  if (best === undefined || countFits(wanted, prefixed.networks) >= fitting) return prefixed;
  return { networks: { [best]: held.tensors }, unused: [], whole: false, prefixed: false };
}

/** A file's tensors as those of networks whose names are prefixes. */
function byPrefix(tensors: TensorRecords, { networks, alone }: Wanted): Sources {
  const found: Record<string, Record<string, TensorRecords[string]>> = {};
  const unused: string[] = [];
  for (const [name, tensor] of Object.entries(tensors)) {
    const network = Object.keys(networks).find((candidate) => name.startsWith(`${candidate}.`));
    if (network === undefined) unused.push(name);
    else {
      found[network] ??= {};
      found[network][name.slice(network.length + 1)] = tensor;
    }
  }
  return { networks: found, unused: alone ? [] : unused, whole: true, prefixed: true };
}

/** The network that a file of one is for: the one that it is called after, or that most of it fits. */
function bestNetwork(
  source: string,
  { name, tensors }: { readonly name: string; readonly tensors: TensorRecords },
  wanted: Wanted,
): readonly [name: string | undefined, fitting: number] {
  const counts = Object.keys(wanted.networks).map(
    (network) => [network, countFits(wanted, { [network]: tensors })] as const,
  );
  const named = counts.find(([network, count]) => network === name && count > 0);
  if (named) return named;
  const most = Math.max(0, ...counts.map(([, count]) => count));
  const best = counts.filter(([, count]) => count === most && count > 0);
  if (best.length > 1)
    throw new UsageError(
      `${source} fits ${best.map(([network]) => network).join(' and ')} alike: say which it is for, as FILE:${best[0][0]} on the command line or { network: '${best[0][0]}' } in a script`,
    );
  return best[0] ?? [undefined, 0];
}

/** How many parameters are there in the shape that is wanted. */
function countFits({ networks }: Wanted, found: Readonly<Record<string, TensorRecords>>): number {
  const counts = Object.entries(found).map(([name, tensors]) => {
    const own = networks[name] ?? {};
    return Object.keys(matchNetwork(own, tensors).fitted).filter((tensor) => own[tensor].learned).length;
  });
  return counts.reduce((sum, count) => sum + count, 0);
}

function matchNetwork(own: OwnTensors, tensors: TensorRecords): Matched {
  const fitted: Record<string, TensorRecords[string]> = {};
  const otherShape: Record<string, OtherShape> = {};
  const missing: string[] = [];
  for (const [name, { shape: expected }] of Object.entries(own)) {
    const tensor = Object.hasOwn(tensors, name) ? tensors[name] : undefined;
    if (tensor === undefined) missing.push(name);
    else if (`${tensor.shape}` === `${expected}`) fitted[name] = tensor;
    else otherShape[name] = { expected, found: tensor.shape };
  }
  const parted = Object.keys(fitted).filter(
    (name) =>
      !own[name].learned &&
      Object.keys(otherShape).some((other) => !own[other].learned && layerOf(other) === layerOf(name)),
  );
  for (const name of parted) delete fitted[name];
  return { fitted, missing, otherShape, parted };
}

function layerOf(name: string): string {
  return name.slice(0, name.lastIndexOf('.') + 1);
}

function nothingFits({ source, held }: Weights, { networks }: Wanted): GanError {
  const expected = Object.entries(networks).map(([name, own]) => `${name} (${shapesText(own)})`);
  const found =
    held.by === 'file'
      ? shapesText(held.tensors)
      : Object.entries(held.by === 'network' ? held.networks : held.dicts)
          .map(([name, tensors]) => `${name} (${shapesText(tensors)})`)
          .join(' and ');
  return new GanError(
    'ERR_STATE_DICT',
    `nothing in ${source} fits: expected tensors of ${expected.join(' and ')} but it has ${found || 'none'}: build the networks in its sizes, or start from another`,
  );
}

function shapesText(tensors: Readonly<Record<string, Pick<OwnTensor, 'shape'>>>): string {
  return listText(
    Object.entries(tensors).map(([name, { shape }]) => `${name} [${shape.join(', ')}]`),
    ', ',
  );
}
