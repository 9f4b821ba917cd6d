import { argumentError } from '../check';
import { GanError } from '../errors';
import { noGrad } from '../tensor/autograd';
import { Tensor } from '../tensor/tensor';

/** Tensors by PyTorch's names, e.g. `0.weight`, `1.running_mean`. */
export type StateDict = Readonly<Record<string, Tensor>>;

/** What a state lacked and what the module has no place for. */
export interface LoadReport {
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
}

/**
 * Copies `state` into a module's tensors once everything fits.
 *
 * @param owner the module's class, for the error
 * @throws GanError `ERR_STATE_DICT`, listing all that does not fit; nothing is copied then
 * @throws UsageError for what is no state
 */
export function loadInto(
  owner: string,
  own: readonly (readonly [string, Tensor])[],
  state: StateDict,
  strict: boolean,
): LoadReport {
  if (typeof state !== 'object' || state === null)
    throw argumentError('loadStateDict', 'a state, tensors by name', state);
  const names = new Set(own.map(([name]) => name));
  const found = own.filter(([name]) => Object.hasOwn(state, name));
  const missing = own.map(([name]) => name).filter((name) => !Object.hasOwn(state, name));
  const unexpected = Object.keys(state).filter((name) => !names.has(name));
  const other = found.find(([name]) => !(state[name] instanceof Tensor));
  if (other) throw argumentError('loadStateDict', `a tensor for ${other[0]}`, state[other[0]]);
  const mismatched = found.flatMap(([name, tensor]) => shapeMismatch(name, tensor, state[name]));
  const problems = [
    ...(strict ? [...list('missing', missing), ...list('unexpected', unexpected)] : []),
    ...mismatched,
  ];
  if (problems.length > 0)
    throw new GanError('ERR_STATE_DICT', `the state does not fit ${owner}: ${problems.join('; ')}`);
  noGrad(() => {
    for (const [name, tensor] of found) tensor.copy_(state[name]);
  });
  return { missing, unexpected };
}

function list(kind: string, names: readonly string[]): string[] {
  return names.length === 0 ? [] : [`${kind} ${names.join(', ')}`];
}

function shapeMismatch(name: string, own: Tensor, given: Tensor): string[] {
  if (own.shape.length === given.shape.length && own.shape.every((size, axis) => size === given.shape[axis]))
    return [];
  return [`${name} has shape [${own.shape.join(', ')}] but the state's is [${given.shape.join(', ')}]`];
}
