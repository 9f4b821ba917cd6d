import { keptPart } from '../data/dataset';
import { UsageError } from '../errors';
import type { FeatureExtractor } from '../metrics/extractor';
import { openFeatures } from '../metrics/features/open';
import type { TaskState } from '../report/task-progress';
import type { LoadedModel } from '../training/load';
import { readDatasetSettings } from './dataset-options';
import type { InvertSettings } from './invert-settings';
import { loadSplit } from './real-data';
import type { Terminal } from './terminal';
import { featuresFor } from './usual-features';

/** Where the feature network of a search comes from. */
interface SearchFeatures {
  readonly settings: Pick<InvertSettings, 'features' | 'dataset' | 'dataDir'>;
  readonly terminal: Terminal;
  readonly onProgress?: (state: TaskState) => void;
  readonly signal?: AbortSignal;
}

/**
 * The feature network whose distance a search makes small: that of `--features`, or the usual one of the run's images; null for `none`. The
 * caller's to dispose.
 *
 * @throws UsageError for one through which images get no gradient
 */
export async function openSearchFeatures(
  model: LoadedModel,
  { settings, terminal, onProgress, signal }: SearchFeatures,
): Promise<FeatureExtractor | null> {
  if (settings.features === 'none') return null;
  const { specs, settings: run, device } = model;
  const request = { settings: { ...settings, resolution: undefined }, run, model, onProgress };
  const form = { split: 'train', size: specs.images, channels: readDatasetSettings(run).channels } as const;
  const dataset = keptPart(await loadSplit(request, form), 'images');
  const features = await openFeatures(settings.features ?? featuresFor(dataset, terminal), {
    ...{ dataset, dataDir: settings.dataDir, device, onProgress, signal },
    onNote: (note) => terminal.log(note),
  });
  if (features.responses) return features;
  features.dispose();
  throw new UsageError(
    `a search needs a feature network with maps through which images get a gradient, but ${features.name} has none: name another with --features, or none`,
  );
}
