import type { DatasetOptions } from '../data/sources';
import { resolutionOf } from './resolution';
import type { TrainSettings } from './settings';

/** How the data set of a training is loaded, by what its settings say. */
export function datasetOptionsOf(
  settings: Pick<TrainSettings, 'resolution' | 'dataDir' | 'channels' | 'fit' | 'onBadImage'>,
): DatasetOptions {
  const { resolution, dataDir, channels, fit, onBadImage } = settings;
  return { resolution: resolutionOf(resolution), dataDir, channels, fit, onBadImage };
}
