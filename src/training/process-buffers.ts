import type { TensorRecords } from '../io/safetensors';
import { recordsToTensors, tensorsToRecords } from '../io/tensors';
import { noGrad } from '../tensor/autograd';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import type { Networks } from './phase';
import type { Training } from './training';

/** What networks of a training keep for each process, as replay pools do, by network and path. */
function ownBuffers(networks: Networks): [string, Tensor][] {
  return Object.entries(networks).flatMap(([network, module]) =>
    module.namedProcessBuffers().map(([path, buffer]): [string, Tensor] => [`${network}.${path}`, buffer]),
  );
}

/**
 * What networks keep for each process but the first, whose are in the networks' files: `buffers.1.poolA.images`. Every member must ask, and the
 * first gets it.
 */
export function gatherOwnBuffers({ networks, group }: Training): TensorRecords {
  const own = ownBuffers(networks);
  if (group.size === 1 || own.length === 0) return {};
  const all: TensorRecords[] = [];
  for (let rank = 1; rank < group.size; rank++)
    scope(() => {
      const copies = noGrad(() => own.map(([, buffer]) => buffer.clone()));
      group.broadcast(copies, rank);
      const named = own.map(([name], i) => [nameOf(rank, name), copies[i]]);
      if (group.rank === 0) all.push(tensorsToRecords(Object.fromEntries(named)));
    });
  return Object.assign({}, ...all);
}

/** Puts back what a member kept; one that the checkpoint does not know goes on with what the first had. */
export function restoreOwnBuffers({ networks, group, device }: Training, records: TensorRecords): void {
  for (const [name, buffer] of ownBuffers(networks)) {
    const key = nameOf(group.rank, name);
    if (Object.hasOwn(records, key))
      scope(() => noGrad(() => buffer.copy_(recordsToTensors({ key: records[key] }, { device }).key)));
  }
}

function nameOf(rank: number, name: string): string {
  return `buffers.${rank}.${name}`;
}
