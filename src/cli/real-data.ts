import type { ImageDataset } from '../data/dataset';
import { loadImages } from '../data/sources';
import { UsageError } from '../errors';
import type { JsonObject } from '../io/json';
import type { EvaluationJob } from './evaluation-job';
import { resolutionOf } from './resolution';

/** The real images: unless told otherwise those of the run, in the size of the images to judge. */
export async function loadReal(
  { settings, judged, onProgress }: EvaluationJob,
  split: 'train' | 'test',
): Promise<ImageDataset> {
  const told: JsonObject = judged.origin?.settings ?? {};
  const { channels, height, width } = judged.source.spec;
  const name = realName({ settings, judged });
  return loadImages(name, {
    resolution: settings.resolution === undefined ? { height, width } : resolutionOf(settings.resolution),
    split: split === 'test' ? 'test' : undefined,
    dataDir: dataFolder({ settings, judged }),
    ...(name.startsWith('folder:') && { channels }),
    onBadImage: told.onBadImage === 'skip' ? 'skip' : 'fail',
    progress: onProgress,
  });
}

/** The name of the data set of the real images. @throws UsageError where nothing tells it */
export function realName({ settings, judged }: Pick<EvaluationJob, 'settings' | 'judged'>): string {
  const name = settings.dataset ?? judged.origin?.settings.dataset;
  if (typeof name === 'string') return name;
  throw new UsageError('--dataset: the run does not say what it was trained on: name the real images');
}

/** Where data sets are: as the command line says, else as the run was told. */
export function dataFolder({
  settings,
  judged,
}: Pick<EvaluationJob, 'settings' | 'judged'>): string | undefined {
  const known = judged.origin?.settings.dataDir;
  return settings.dataDir ?? (typeof known === 'string' ? known : undefined);
}
