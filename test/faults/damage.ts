import { readFileSync, writeFileSync } from 'node:fs';
import { Prng } from '../../src/data/prng';
import { countFaults } from './count';

/** What a reader may do with a damaged file; anything else is a fault of the reader. */
export type Outcome = 'refused' | 'rebuilt' | 'harmless';

/** A file's bytes after something happened to them. */
export interface Damage {
  readonly what: string;
  readonly bytes: Buffer;
}

/** Bytes at both ends of a file in which most flips fall: headers, lengths, seals. */
const END = 24;

/** Memory that reading a damaged file may take more than reading the whole one, in kB. */
const MOST_KB = 300_000;

/** Copies of a file: with one flipped bit each (at the ends, in the middle, anywhere), cut off, and with bytes after it. */
export function damages(bytes: Buffer, { flips, seed = 0 }: DamageOptions): Damage[] {
  const random = new Prng(seed, bytes.length);
  const below = (limit: number) => random.uint32() % limit;
  const places = [0, Math.floor(bytes.length / 2), bytes.length - 1];
  const end = Math.min(END, bytes.length);
  while (places.length < flips) {
    const anywhere = below(bytes.length);
    places.push([below(end), bytes.length - 1 - below(end), anywhere, anywhere][places.length % 4]);
  }
  const cuts = [0, 1, Math.floor(bytes.length / 2), bytes.length - 1];
  return [
    ...places.slice(0, flips).map((place) => flipped(bytes, place, below(8))),
    ...cuts.map((length) => ({ what: `cut off after ${length} bytes`, bytes: bytes.subarray(0, length) })),
    { what: 'with a zero after it', bytes: Buffer.concat([bytes, Buffer.alloc(1)]) },
    { what: 'with its own beginning after it', bytes: Buffer.concat([bytes, bytes.subarray(0, 100)]) },
  ];
}

/** How many flips, and which. */
export interface DamageOptions {
  readonly flips: number;
  readonly seed?: number;
}

function flipped(bytes: Buffer, place: number, bit: number): Damage {
  const copy = Buffer.from(bytes);
  copy[place] ^= 1 << bit;
  return { what: `bit ${bit} of byte ${place} flipped`, bytes: copy };
}

/**
 * Damages a file in every way of {@link damages}, hands each to `judge`, and puts the file back. Nothing may take much memory.
 *
 * @returns how often each outcome was
 */
export async function eachDamage(
  file: string,
  options: DamageOptions,
  judge: (damage: Damage) => Promise<Outcome> | Outcome,
): Promise<Record<Outcome, number>> {
  const whole = readFileSync(file);
  const outcomes = { refused: 0, rebuilt: 0, harmless: 0 };
  const before = process.resourceUsage().maxRSS;
  try {
    for (const damage of damages(whole, options)) {
      writeFileSync(file, damage.bytes);
      try {
        outcomes[await judge(damage)]++;
      } catch (error) {
        throw new Error(`${file}, ${damage.what}: ${error instanceof Error ? error.message : error}`, {
          cause: error,
        });
      }
    }
  } finally {
    writeFileSync(file, whole);
  }
  expect(process.resourceUsage().maxRSS - before).toBeLessThan(MOST_KB);
  countFaults('damaged files', outcomes.refused + outcomes.rebuilt + outcomes.harmless);
  return outcomes;
}

/** Checks that an error is one of the library's, in one line that names the file. */
export function refused(error: unknown, name: string): 'refused' {
  expect(error).toMatchObject({
    code: expect.stringMatching(/^ERR_[A-Z_]+$/),
    message: expect.stringContaining(name),
  });
  expect(error).toMatchObject({
    message: expect.not.stringMatching(/\n|\bundefined\b|\[object|at .*\.[jt]s:/),
  });
  return 'refused';
}

/** The outcome of what either gives the same as the whole file, or refuses the damaged one by its name. */
export async function sameOrRefused(read: () => unknown, same: unknown, name: string): Promise<Outcome> {
  let found: unknown;
  try {
    found = await read();
  } catch (error) {
    return refused(error, name);
  }
  expect(found).toEqual(same);
  return 'harmless';
}
