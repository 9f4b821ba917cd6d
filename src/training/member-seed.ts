import { Prng } from '../data/prng';
import type { ProcessGroup } from '../parallel/group';

/** Keeps the seeds of members apart from other streams. */
const STREAM = 0x9a7;

/**
 * The seed of what a member draws for itself, latents and dropout: that of the training for the first, one of its own for each other.
 *
 * @param member.step where it joins a training that has begun without it (0)
 */
export function memberSeed(
  seed: number,
  { rank, step = 0 }: Pick<ProcessGroup, 'rank'> & { readonly step?: number },
): number {
  return rank === 0 ? seed : new Prng(seed, rank, step, STREAM).uint32();
}
