import { UsageError } from '../errors';
import type { TensorRecords } from '../io/safetensors';
import { fitsByName, type Wanted } from './match-weights';
import { type RenamedTensors, renameTensors } from './rename-weights';
import type { Weights } from './weights';

/** Weights by names that networks have, as far as any were found. */
export interface FittedNames {
  readonly weights: Weights;
  /** The source's names by a network's, by network, where the two differ. */
  readonly renamed: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/**
 * Finds the networks' names for weights of a file that have none of them: for one state dict, and for each of several by other keys than the
 * networks' names, it is the network that most of it fits under the names of {@link renameTensors}. Those of checkpoints, and names that fit, stay.
 *
 * @throws UsageError for two state dicts that fit one network alike, and for one that fits several
 */
export function fitNames(weights: Weights, wanted: Wanted): FittedNames {
  const { held, source } = weights;
  if (held.by === 'network' || (held.by === 'file' && fitsByName(weights, wanted)))
    return { weights, renamed: {} };
  if (held.by === 'file') {
    const found = placeDict(held.name, held.tensors, { source, wanted });
    if (found === null) return { weights, renamed: {} };
    const { network, tensors, names } = found;
    return {
      weights: { ...weights, held: { by: 'file', name: network, tensors } },
      renamed: { [network]: names },
    };
  }
  const networks: Record<string, TensorRecords> = {};
  const renamed: Record<string, Readonly<Record<string, string>>> = {};
  const taken: Record<string, string> = {};
  for (const [key, tensors] of Object.entries(held.dicts)) {
    const found = placeDict(key, tensors, { source, wanted });
    const name = found?.network ?? key;
    if (Object.hasOwn(taken, name))
      throw new UsageError(
        `${source} has ${taken[name]} and ${key}, which both fit ${name}: choose one by its key, --key ${taken[name]} of import or { key } of readWeights`,
      );
    taken[name] = key;
    networks[name] = found?.tensors ?? tensors;
    if (found) renamed[name] = found.names;
  }
  return { weights: { ...weights, held: { by: 'network', networks } }, renamed };
}

interface Place extends RenamedTensors {
  readonly network: string;
}

/** The network that a state dict is for: the one that it is called after, or that most of it fits; null for none. */
function placeDict(
  key: string,
  tensors: TensorRecords,
  { source, wanted }: { readonly source: string; readonly wanted: Wanted },
): Place | null {
  const places = Object.entries(wanted.networks)
    .map(([network, own]): Place => ({ network, ...renameTensors(tensors, own) }))
    .filter(({ fits }) => fits > 0);
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
