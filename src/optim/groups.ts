import { argumentError } from '../check';
import { UsageError } from '../errors';
import { Tensor } from '../tensor/tensor';

/** Parameters that share options of their own. */
export interface ParameterGroup {
  readonly parameters: readonly Tensor[];
  /** The learning rate; the optimizer's where it is left out. */
  readonly lr?: number;
  /** The weight decay; the optimizer's where it is left out. */
  readonly weightDecay?: number;
}

/** What an optimizer moves: parameters, or groups of them. */
export type ParameterGroups = readonly Tensor[] | readonly ParameterGroup[];

/**
 * The groups, with plain parameters as a single one.
 *
 * @throws UsageError where there are no parameters, in all or in a group, or one is there twice; for what is no list of tensors, and for tensors that no step
 *   could move: results of autograd, and those of integers
 */
export function normalizeGroups(groups: ParameterGroups): ParameterGroup[] {
  if (!Array.isArray(groups)) throw noParameters(groups);
  const plain = groups.filter(isTensor);
  const listed = groups.filter(isGroup);
  if (plain.length > 0) listed.push({ parameters: plain });
  const all = listed.flatMap((group) => group.parameters);
  if (all.length === 0) throw new UsageError('an optimizer expects parameters but received none');
  const empty = listed.findIndex((group) => group.parameters.length === 0);
  if (empty >= 0)
    throw new UsageError(
      `an optimizer expects parameters in every group but received none in group ${empty}`,
    );
  for (const parameter of all) checkMovable(parameter);
  if (new Set(all).size !== all.length)
    throw new UsageError('an optimizer expects every parameter once but received one of them twice');
  return listed;
}

/** Checks that a step can move a tensor. @throws UsageError */
function checkMovable(parameter: Tensor): void {
  if (!(parameter instanceof Tensor)) throw noParameters(parameter);
  if (!parameter.isLeaf)
    throw new UsageError(
      `an optimizer expects leaves of autograd but received a result of ${parameter.origin}: pass the parameters that it is made of, or make it one of its own with parameter(x.detach())`,
    );
  if (!parameter.dtype.includes('float'))
    throw new UsageError(
      `an optimizer expects parameters of a floating-point dtype but received one of ${parameter.dtype}`,
    );
}

function noParameters(received: unknown): UsageError {
  return argumentError('an optimizer', 'parameters, as module.parameters() lists them,', received);
}

function isGroup(value: Tensor | ParameterGroup): value is ParameterGroup {
  return (
    typeof value === 'object' && value !== null && 'parameters' in value && Array.isArray(value.parameters)
  );
}

function isTensor(value: Tensor | ParameterGroup): value is Tensor {
  return !isGroup(value);
}
