import type { DatasetOptions } from '../data/sources';
import type { JsonObject } from '../io/json';
import { choice, integer, optional, readConfig, text } from '../recipes/config';
import { type ResolutionSetting, resolutionOf } from './resolution';

/** The settings of a training that say what images of its data set are, beside their size. */
export type DatasetSettings = Pick<DatasetOptions, 'dataDir' | 'channels' | 'fit' | 'onBadImage'>;

/** How the data set of a training is loaded, by what its settings say. */
export function datasetOptionsOf(
  settings: DatasetSettings & { readonly resolution: ResolutionSetting },
): DatasetOptions {
  const { resolution, dataDir, channels, fit, onBadImage } = settings;
  return { resolution: resolutionOf(resolution), dataDir, channels, fit, onBadImage };
}

const FIELDS = {
  dataDir: optional(text('data')),
  channels: optional(integer(3, { min: 1, max: 4 })),
  fit: optional(choice('crop', ['crop', 'pad', 'stretch'])),
  onBadImage: optional(choice('fail', ['fail', 'skip'])),
};

/**
 * The {@link DatasetSettings} in what a run was started with: the same images again.
 *
 * @throws UsageError for values that no training has
 */
export function readDatasetSettings(settings: JsonObject): DatasetSettings {
  const told = Object.keys(FIELDS).map((key) => [key, settings[key] ?? undefined] as const);
  return readConfig(FIELDS, [
    {
      values: Object.fromEntries(told),
      texts: false,
      name: (key) => `"${key}" in the settings of the run`,
      example: (key, value) => `"${key}": ${JSON.stringify(value)}`,
    },
  ]);
}
