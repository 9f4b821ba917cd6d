import { UsageError } from './errors';

/** Two numbers, height then width; one number stands for both. */
export type Pair = number | readonly [number, number];

/**
 * The error of a wrong argument: `conv2d expects outChannels to be a positive integer but received 0 (number)`.
 *
 * @param owner the function the user called
 * @param wanted what is wrong and what it should be, e.g. `p to be a probability`
 */
export function argumentError(owner: string, wanted: string, received: unknown): UsageError {
  return new UsageError(`${owner} expects ${wanted} but received ${describe(received)}`);
}

/** `value`, a whole number of at least 1. @throws UsageError */
export function positiveInteger(owner: string, name: string, value: number): number {
  if (!Number.isSafeInteger(value) || value < 1)
    throw argumentError(owner, `${name} to be a positive integer`, value);
  return value;
}

/** `value`, a finite number in the interval. @throws UsageError */
export function numberBetween(
  owner: string,
  name: string,
  value: number,
  { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY }: { min?: number; max?: number } = {},
): number {
  if (typeof value === 'number' && value >= min && value <= max && Number.isFinite(value)) return value;
  throw argumentError(owner, `${name} to be ${interval(min, max)}`, value);
}

/** `value` as [height, width], whole numbers of at least `min`. @throws UsageError */
export function integerPair(owner: string, name: string, value: Pair, min = 1): [number, number] {
  const both = typeof value === 'number' ? [value, value] : value;
  if (
    !Array.isArray(both) ||
    both.length !== 2 ||
    !both.every((side) => Number.isSafeInteger(side) && side >= min)
  )
    throw argumentError(owner, `${name} to be an integer of at least ${min}, or two of them`, value);
  return [both[0], both[1]];
}

/** `value`, one of `choices`. @throws UsageError */
export function oneOf<T extends string>(owner: string, name: string, value: T, choices: readonly T[]): T {
  if (choices.includes(value)) return value;
  throw argumentError(
    owner,
    `${name} to be one of ${choices.map((choice) => `'${choice}'`).join(', ')}`,
    value,
  );
}

/** Checks that `groups` divides each count of channels. @throws UsageError */
export function divisibleBy(owner: string, groups: number, channels: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(channels))
    if (count % groups !== 0)
      throw argumentError(owner, `${name} to be divisible by its ${groups} groups`, count);
}

function interval(min: number, max: number): string {
  if (min === Number.NEGATIVE_INFINITY && max === Number.POSITIVE_INFINITY) return 'a finite number';
  if (max === Number.POSITIVE_INFINITY) return `a number of at least ${min}`;
  if (min === Number.NEGATIVE_INFINITY) return `a number of at most ${max}`;
  return `a number between ${min} and ${max}`;
}

function describe(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  const text =
    typeof value === 'string' ? `'${value}'` : Array.isArray(value) ? `[${value.join(', ')}]` : String(value);
  return `${text} (${Array.isArray(value) ? 'array' : typeof value})`;
}
