import { UsageError } from '../errors';
import { BatchNorm1d, BatchNorm2d } from '../nn/batch-norm';
import type { ProcessGroup } from '../parallel/group';
import type { Networks } from './phase';

/**
 * Whether batch norms are to be those of all processes.
 *
 * @throws UsageError where that is asked for without a group, or of networks without batch norm
 */
export function syncsBatchNorm({
  syncBatchNorm = false,
  group,
  networks,
}: {
  readonly syncBatchNorm?: boolean;
  readonly group?: ProcessGroup;
  readonly networks: Networks;
}): boolean {
  if (!syncBatchNorm) return false;
  if (!group)
    throw new UsageError(
      'syncBatchNorm expects a group of processes but there is none, and so nothing to synchronise: add group, or leave it out',
    );
  const layers = Object.values(networks).flatMap((network) => network.modules());
  if (!layers.some((layer) => layer instanceof BatchNorm1d || layer instanceof BatchNorm2d))
    throw new UsageError(
      `syncBatchNorm expects batch norms but ${Object.keys(networks).join(', ')} have none, and so nothing to synchronise: leave it out`,
    );
  return true;
}
