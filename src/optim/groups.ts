import { UsageError } from '../errors';
import type { Tensor } from '../tensor/tensor';

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
 * @throws UsageError where there are no parameters, in all or in a group, or one is there twice
 */
export function normalizeGroups(groups: ParameterGroups): ParameterGroup[] {
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
  if (new Set(all).size !== all.length)
    throw new UsageError('an optimizer expects every parameter once but received one of them twice');
  return listed;
}

function isGroup(value: Tensor | ParameterGroup): value is ParameterGroup {
  return 'parameters' in value;
}

function isTensor(value: Tensor | ParameterGroup): value is Tensor {
  return !isGroup(value);
}
