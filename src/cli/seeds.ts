import { UsageError } from '../errors';

/**
 * The seeds that `--seeds` lists.
 *
 * @throws UsageError for what is no list of different whole numbers
 */
export function parseSeeds(list: string): readonly number[] {
  const seeds = list.split(',').map((seed) => (/^\d+$/.test(seed.trim()) ? Number(seed) : Number.NaN));
  if (seeds.length >= 1 && seeds.every(Number.isSafeInteger) && new Set(seeds).size === seeds.length)
    return seeds;
  throw new UsageError(
    `--seeds expects different whole numbers with commas between, but got ${JSON.stringify(list)}: try --seeds 1,2,3`,
  );
}
