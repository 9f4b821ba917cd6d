import type { Place } from '../parallel/environment';
import type { ProcessGroup } from '../parallel/group';
import { joinGroup } from '../parallel/join';
import { ofFirst } from '../parallel/of-first';
import { isCpu, resolveDevice } from '../tensor/device';
import { requireSame } from '../training/shared-numbers';
import type { TrainSettings } from './settings';

/** A process among those that train together. */
export interface TrainingMember {
  readonly group: ProcessGroup;
  /** What this one computes on. */
  readonly device: string;
  /** The run's folder, that of the first. */
  readonly folder: string;
}

/** Settings that may differ: where each machine has its files. */
const OWN: ReadonlySet<string> = new Set(['dataDir', 'dataset', 'init', 'features']);

/**
 * Joins the processes that train together, each on its GPU where they are on CUDA.
 *
 * @throws UsageError where their commands differ, with the first difference; GanError as `joinGroup` does, TorchError `ERR_NO_CUDA` for a rank
 *   without a GPU
 */
export function joinTraining(
  { localRank }: Place,
  { settings, folder }: { readonly settings: TrainSettings; readonly folder: string },
): TrainingMember {
  const asked = resolveDevice(settings.device);
  const device = isCpu(asked) || /:/.test(settings.device) ? asked : resolveDevice(`cuda:${localRank}`);
  const group = joinGroup({ device });
  requireSame(group, 'command', commandOf(settings));
  return { group, device, folder: ofFirst(group, () => folder) };
}

function commandOf(settings: TrainSettings): Readonly<Record<string, unknown>> {
  const shared = Object.entries(settings).filter(([name]) => !OWN.has(name));
  const kindOf = (name: string) => name.replace(/:.*/, '');
  return { ...Object.fromEntries(shared), dataset: kindOf(settings.dataset) };
}
