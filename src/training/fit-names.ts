import { UsageError } from '../errors';
import type { TensorRecords } from '../io/safetensors';
import { fitsByName, type OwnTensors, type Wanted } from './match-weights';
import { type RenamedTensors, renameTensors } from './rename-weights';
import type { Weights } from './weights';

/** Weights by names that networks have, as far as any were found. */
export interface FittedNames {
  readonly weights: Weights;
  /** The source's names by a network's, by network, where the two differ. */
  readonly renamed: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/**
 * Finds the networks' names for weights of a file that have none of them: for one state dict, for what it has under several first parts of names
 * (`generator.model.0.weight`), and for each of several dicts by other keys than the networks' names, it is the network that most of it fits under the names of
 * {@link renameTensors}. Those of checkpoints, and names that fit, stay.
 *
 * @throws UsageError for two state dicts that fit one network alike, and for one that fits several
 */
export function fitNames(weights: Weights, wanted: Wanted): FittedNames {
  const { held, source } = weights;
  if (held.by === 'network' || (held.by === 'file' && fitsByName(weights, wanted)))
    return { weights, renamed: {} };
  const place = (key: string, tensors: TensorRecords, isPart = false) => ({
    key,
    tensors,
    place: placeDict(key, tensors, { source, wanted, isPart }),
  });
  if (held.by === 'dicts')
    return placed(
      weights,
      Object.entries(held.dicts).map(([key, tensors]) => place(key, tensors)),
    );
  const { place: whole } = place(held.name, held.tensors);
  if (whole !== null) {
    const { network, tensors, names } = whole;
    const named = { ...weights, held: { by: 'file', name: network, tensors } } as const;
    return { weights: named, renamed: { [network]: names } };
  }
  const parts = Object.entries(byFirstPart(held.tensors)).map(([key, tensors]) => place(key, tensors, true));
  if (parts.every((part) => part.place === null)) return { weights, renamed: {} };
  const { weights: named, renamed } = placed(weights, parts);
  const full = parts.flatMap(({ key, place: found }) =>
    found === null ? [] : [[found.network, withPrefix(`${key}.`, renamed[found.network])] as const],
  );
  return { weights: named, renamed: Object.fromEntries(full) };
}

interface Place extends RenamedTensors {
  readonly network: string;
}

/** Tensors under a key of a file, and where they belong. */
interface PlacedDict {
  readonly key: string;
  readonly tensors: TensorRecords;
  readonly place: Place | null;
}

/** Weights by network; what has no place stays under its key, for the report. */
function placed(weights: Weights, dicts: readonly PlacedDict[]): FittedNames {
  const networks: Record<string, TensorRecords> = {};
  const renamed: Record<string, Readonly<Record<string, string>>> = {};
  const taken: Record<string, string> = {};
  for (const { key, tensors, place } of dicts) {
    const name = place?.network ?? key;
    if (Object.hasOwn(taken, name))
      throw new UsageError(
        `${weights.source} has ${taken[name]} and ${key}, which both fit ${name}: choose one by its key, --key ${taken[name]} of import or { key } of readWeights`,
      );
    taken[name] = key;
    networks[name] = place?.tensors ?? tensors;
    if (place) renamed[name] = place.names;
  }
  return { weights: { ...weights, held: { by: 'network', networks } }, renamed };
}

/** Tensors by the first part of their names. */
function byFirstPart(tensors: TensorRecords): Readonly<Record<string, TensorRecords>> {
  const parts = new Map<string, [string, TensorRecords[string]][]>();
  for (const [name, tensor] of Object.entries(tensors)) {
    const [, key = '', rest = name] = /^([^.]+)\.(.+)$/.exec(name) ?? [];
    const known = parts.get(key);
    if (known === undefined) parts.set(key, [[rest, tensor]]);
    else known.push([rest, tensor]);
  }
  return Object.fromEntries([...parts].map(([key, named]) => [key, Object.fromEntries(named)]));
}

/** The parameters that have to fit: at least half of a network's for tensors of a first part, which says little. */
function leastFits(own: OwnTensors, isPart: boolean): number {
  const learned = Object.values(own).filter((tensor) => tensor.learned);
  return Math.max(1, isPart ? learned.length / 2 : 0);
}

/** What placing a dict takes. */
interface Placing {
  readonly source: string;
  readonly wanted: Wanted;
  /** Whether a first part of names is all that it has in common. */
  readonly isPart: boolean;
}

function withPrefix(prefix: string, names: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(names).map(([ours, theirs]) => [ours, prefix + theirs]));
}

/** The network that a state dict is for: the one that it is called after, or that most of it fits; null for none. */
function placeDict(key: string, tensors: TensorRecords, { source, wanted, isPart }: Placing): Place | null {
  const places = Object.entries(wanted.networks)
    .map(([network, own]): Place => ({ network, ...renameTensors(tensors, own) }))
    .filter(({ network, fits }) => fits >= leastFits(wanted.networks[network], isPart));
  const named = places.find(({ network }) => network === key);
  if (named) return named;
  const most = Math.max(0, ...places.map(({ fits }) => fits));
  const best = places.filter(({ fits }) => fits === most);
  if (best.length > 1)
    throw new UsageError(
      `${key} of ${source} fits ${best.map(({ network }) => network).join(' and ')} alike: say which it is for, as FILE:${best[0].network} on the command line or { network: '${best[0].network}' } in a script`,
    );
  return best[0] ?? null;
}
