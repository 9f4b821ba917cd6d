import type { DataIdentity } from '../data/identity';
import type { Loader } from '../data/loader';
import { UsageError } from '../errors';
import { isJsonObject, type JsonObject } from '../io/json';
import type { Json, ProcessGroup } from '../parallel/group';
import type { StepNumbers } from './scoreboard';

/** The numbers of a step with the statistics of all members: means over those that have them. Losses and faults are those of all already. */
export function sharedNumbers(group: ProcessGroup, numbers: StepNumbers): StepNumbers {
  if (group.size === 1) return numbers;
  // JSON has no word for NaN.
  const told = Object.entries(numbers.statistics).map(([name, value]) => [name, String(value)]);
  const all = group.gather(Object.fromEntries(told)).map(objectOf);
  const statistics: Record<string, number> = {};
  for (const name of new Set(all.flatMap((each) => Object.keys(each)))) {
    const values = all.filter((each) => Object.hasOwn(each, name)).map((each) => Number(each[name]));
    statistics[name] = values.reduce((sum, value) => sum + value, 0) / values.length;
  }
  return { ...numbers, statistics };
}

/**
 * Compares what all members go by.
 *
 * @param what is compared: `command`, `data`
 * @throws UsageError at every member naming the first difference, where there is one
 */
export function requireSame(group: ProcessGroup, what: string, own: JsonObject): void {
  if (group.size === 1) return;
  const [first, ...others] = group.gather(Object.fromEntries(flat(own))).map(objectOf);
  for (const [i, other] of others.entries())
    for (const key of new Set([...Object.keys(first), ...Object.keys(other)]))
      if (first[key] !== other[key])
        throw new UsageError(
          `expected all ${group.size} processes to have one ${what} but ${key} is ${said(first[key])} at rank 0 and ${said(other[key])} at rank ${i + 1}: start all with the same ${what}`,
        );
}

function objectOf(told: Json): JsonObject {
  return isJsonObject(told) ? told : {};
}

/** Compares the data of all members: hashes where they are known, not the paths, which each machine may have of its own. @throws UsageError as {@link requireSame} */
export function requireSameData(
  group: ProcessGroup,
  { name, batch, batchesPerEpoch }: Loader,
  identity: DataIdentity = {},
): void {
  const images = Object.entries(identity).map(([key, { path, ...rest }]) => [key, rest]);
  requireSame(group, 'data', { ...Object.fromEntries(images), name, batch, batchesPerEpoch });
}

/** Values by their path, as texts. */
function flat(value: unknown, path = ''): [string, Json][] {
  if (!isJsonObject(value)) return [[path, JSON.stringify(value) ?? 'undefined']];
  return Object.entries(value).flatMap(([key, inner]) => flat(inner, path === '' ? key : `${path}.${key}`));
}

function said(text: unknown): string {
  return text === undefined ? 'absent' : String(text);
}
