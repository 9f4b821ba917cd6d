import type { ImageDataset } from '../data/dataset';
import type { FeatureExtractor } from '../metrics/extractor';
import { openFeatures } from '../metrics/features/open';
import type { EvaluationJob } from './evaluation-job';
import { dataFolder, requestOf } from './real-data';
import { featuresFor } from './usual-features';

/** The feature network of an evaluation against `dataset`: the one that is named, or the usual one. */
export function openJobFeatures(job: EvaluationJob, dataset: ImageDataset): Promise<FeatureExtractor> {
  const { settings, judged, terminal, device, onProgress, signal } = job;
  const { features = judged.shown ? featuresFor(dataset, terminal) : 'classifier' } = settings;
  return openFeatures(features, {
    dataset,
    dataDir: dataFolder(requestOf(job)),
    device,
    onProgress,
    onNote: (note) => terminal.log(note),
    signal,
  });
}
