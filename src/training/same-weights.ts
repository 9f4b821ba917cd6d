import { createHash } from 'node:crypto';
import { GanError } from '../errors';
import { isJsonObject } from '../io/json';
import { scope } from '../tensor/scope';
import type { Training } from './training';

/** Steps between comparisons. */
export const COMPARED_EVERY = 500;

/**
 * Compares the weights of all members of a training's group, bit for bit, where that is due.
 *
 * @throws GanError `ERR_PARALLEL` naming the member and the network that differ: an update was not the same at all
 */
export function compareWeights({
  group,
  networks,
  step,
}: Pick<Training, 'group' | 'networks' | 'step'>): void {
  if (group.size === 1 || step % COMPARED_EVERY !== 0) return;
  group.enter('comparing weights');
  const own = Object.fromEntries(
    Object.entries(networks).map(([name, network]) => {
      const hash = createHash('sha256');
      for (const parameter of network.parameters()) hash.update(scope(() => parameter.detach().toBytes()));
      return [name, hash.digest('hex')];
    }),
  );
  const all = group.gather(own);
  for (const [rank, told] of all.entries())
    for (const name of Object.keys(own))
      if (isJsonObject(told) && isJsonObject(all[0]) && told[name] !== all[0][name])
        throw new GanError(
          'ERR_PARALLEL',
          `step ${step} expected equal weights at all ${group.size} processes but ${name} of rank ${rank} differs from that of rank 0: go on from the last checkpoint, and train on machines of one kind`,
        );
}
