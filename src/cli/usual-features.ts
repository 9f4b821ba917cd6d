import type { ImageDataset } from '../data/dataset';
import { usualFeatures } from '../metrics/features/open';
import type { Terminal } from './terminal';

/**
 * The feature network for outputs of a model that takes images in, where nobody names one: the classifier of the images it makes, or that of the
 * built-in digits where they have no labels, and then the user is told.
 */
export function featuresFor(dataset: ImageDataset, terminal: Terminal): string {
  const features = usualFeatures(dataset);
  if (features !== 'classifier')
    terminal.log(
      `features are of ${features}, which sees grey strokes: ${dataset.name} has no labels for a classifier of its own, and --features names others`,
    );
  return features;
}
