import type { ImageDataset } from '../data/dataset';
import type { FeatureExtractor } from '../metrics/extractor';
import { openFeatures, usualFeatures } from '../metrics/features/open';
import type { EvaluationJob } from './evaluation-job';
import { dataFolder, requestOf } from './real-data';

/**
 * The feature network of an evaluation against `dataset`. Where nobody names one it is the classifier of the data set; of a model that takes
 * images in, that of the built-in digits where the set has no labels, and the user is told.
 */
export function openJobFeatures(job: EvaluationJob, dataset: ImageDataset): Promise<FeatureExtractor> {
  const { settings, judged, terminal, device, onProgress, signal } = job;
  const usual = judged.shown ? usualFeatures(dataset) : 'classifier';
  if (settings.features === undefined && usual !== 'classifier')
    terminal.log(
      `features ${usual}, which sees grey strokes: ${dataset.name} has no labels for a classifier of its own, and --features names others`,
    );
  return openFeatures(settings.features ?? usual, {
    dataset,
    dataDir: dataFolder(requestOf(job)),
    device,
    onProgress,
    onNote: (note) => terminal.log(note),
    signal,
  });
}
