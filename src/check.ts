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
  return new UsageError(`${owner} expects ${wanted} but received ${described(received)}`);
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

/** `value`, the path of a file or folder. What Node says of another value names neither function nor argument. @throws UsageError */
export function pathText(owner: string, value: string): string {
  if (typeof value === 'string' && value !== '' && !value.includes('\0')) return value;
  throw argumentError(owner, 'a path', value);
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

/** Of a value more is not told. */
const MOST_CHARACTERS = 200;

/** A value as messages tell it, in a few words: `7 (number)`, `an object`. */
export function described(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (typeof value === 'function') return 'a function';
  const text = textOf(value);
  const told = text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
  if (Array.isArray(value)) return `${told} (array)`;
  return typeof value === 'object' ? told : `${told} (${typeof value})`;
}

/** A value in words; of an object that has none of its own, that it is one. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (Array.isArray(value)) return `[${value.slice(0, MOST_CHARACTERS).map(elementText).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  // One without a prototype cannot be made text.
  const text = typeof value.toString === 'function' ? String(value) : '[object Object]';
  if (text === '[object Promise]') return 'a promise';
  if (text.startsWith('[object ')) return 'an object';
  // A message is one line: of a network or a tensor its class says enough.
  return text.includes('\n') ? `an instance of ${value.constructor?.name ?? 'a class'}` : text;
}

function elementText(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : textOf(value);
}
