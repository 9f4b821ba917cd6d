import type { DatasetOptions } from '../data/sources';
import type { JsonObject } from '../io/json';
import { choice, integer, optional, readConfig, text } from '../recipes/config';

/** The settings of a training that say what images of a data set are, beside their size. */
export type DatasetSettings = Pick<DatasetOptions, 'dataDir' | 'channels' | 'onBadImage'>;

/** How a data set is loaded by the settings of a training, apart from the size of its images. */
export function datasetOptionsOf({ dataDir, channels, onBadImage }: DatasetSettings): DatasetSettings {
  return { dataDir, channels, onBadImage };
}

const FIELDS = {
  dataDir: optional(text('data')),
  channels: optional(integer(3, { min: 1, max: 4 })),
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
