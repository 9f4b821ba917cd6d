import { type Dataset, type ImageDataset, keptPart } from '../data/dataset';
import type { ImageSize } from '../data/image-size';
import { loadDataset } from '../data/sources';
import { UsageError } from '../errors';
import type { JsonObject } from '../io/json';
import type { TaskState } from '../report/task-progress';
import type { LoadedModel } from '../training/load';
import { readDatasetSettings } from './dataset-options';
import type { AskedSettings } from './evaluate-settings';
import type { EvaluationJob } from './evaluation-job';
import { foreignNote } from './foreign-images';
import type { Split } from './judged';
import { skippedNote } from './left-out';
import { resolutionOf } from './resolution';

/** Where real images come from: what the command line says, and what the run was started with. */
export interface DataRequest {
  readonly settings: Pick<AskedSettings, 'dataset' | 'dataDir' | 'resolution'>;
  /** Absent for images that are of no run. */
  readonly run?: JsonObject;
  /** The model that is given the images, as it is given them (none, the set as it is). */
  readonly model?: LoadedModel;
  readonly onProgress?: (state: TaskState) => void;
  /** Is told what is left out, and where the run's data set has other images by now. */
  readonly onNote?: (note: string) => void;
}

/** The name of the data set. @throws UsageError where nothing tells it */
export function dataName({ settings, run }: DataRequest): string {
  const name = settings.dataset ?? run?.dataset;
  if (typeof name === 'string') return name;
  throw new UsageError('--dataset: the run does not say what it was trained on: name the real images');
}

/** Where data sets are: as the command line says, else as the run was told. */
export function dataFolder({ settings, run = {} }: DataRequest): string | undefined {
  return settings.dataDir ?? readDatasetSettings(run).dataDir;
}

/** Which images of a data set. */
export interface SplitForm {
  readonly split: Split;
  /** Height and width where the command line says none. */
  readonly size: ImageSize;
  readonly channels: number | undefined;
}

/** A split of the data set, loaded as the run loads it: what the model is given of it. */
export async function loadSplit(
  request: DataRequest,
  { split, size, channels }: SplitForm,
): Promise<Dataset> {
  const { settings, run = {}, model, onProgress, onNote } = request;
  const dataset = await loadDataset(dataName(request), {
    ...readDatasetSettings(run),
    channels,
    dataDir: dataFolder(request),
    resolution: settings.resolution === undefined ? size : resolutionOf(settings.resolution),
    split: split === 'test' ? 'test' : undefined,
    progress: onProgress,
  });
  const skipped = skippedNote(dataset, split);
  if (skipped) onNote?.(skipped);
  const given = model?.prepare(dataset, split) ?? dataset;
  // Others may be meant where one is named.
  const note =
    onNote &&
    model &&
    settings.dataset === undefined &&
    (await foreignNote(model, { dataset: given, split }));
  if (note) onNote(note);
  return given;
}

/** Where the real images of an evaluation come from. */
export function requestOf({
  settings,
  judged: { origin, model },
  onProgress,
  onNote,
}: Pick<EvaluationJob, 'settings' | 'judged' | 'onProgress' | 'onNote'>): DataRequest {
  return { settings, run: origin?.settings, model: model ?? undefined, onProgress, onNote };
}

/**
 * The real images: unless told otherwise those of the run, in the size of the images to judge; of a model that takes images in those of the kind
 * that it makes.
 */
export async function loadReal(job: EvaluationJob, split: Split): Promise<ImageDataset> {
  const { shown, source } = job.judged;
  const request = requestOf(job);
  if (!shown) {
    const isFolder = dataName(request).startsWith('folder:');
    const channels = isFolder ? source.spec.channels : undefined;
    return keptPart(await loadSplit(request, { split, size: source.spec, channels }), 'images');
  }
  if (shown.split === split) return keptPart(shown.dataset, shown.to);
  const { channels } = readDatasetSettings(request.run ?? {});
  return keptPart(await loadSplit(request, { split, size: source.spec, channels }), shown.to);
}
