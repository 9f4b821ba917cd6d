import { type Dataset, keptPart } from '../data/dataset';
import { openFeatures } from '../metrics/features/open';
import { trainingParts } from '../metrics/names';
import type { TaskState } from '../report/task-progress';
import type { EvaluationOptions } from '../training/evaluation-options';
import type { Model } from '../training/model';
import { checkClasses } from './same-classes';
import type { EvaluationSettings } from './settings';
import type { Terminal } from './terminal';
import { featuresFor } from './usual-features';

/** What is judged of a training, and with what. */
export interface JudgedTraining {
  readonly model: Model;
  /** What is learned, in whole images. */
  readonly dataset: Dataset;
  /** Images that are not learned. */
  readonly heldOut: Dataset | undefined;
  readonly dataDir: string | undefined;
  readonly device: string;
  readonly terminal: Terminal;
  readonly onProgress?: (state: TaskState) => void;
}

/** Opens what a training is judged with on its way; the feature network is the caller's to dispose. */
export async function openTrainingEvaluation(
  settings: EvaluationSettings,
  judged: JudgedTraining,
): Promise<EvaluationOptions> {
  const { model, dataset, dataDir, device, terminal, onProgress } = judged;
  const compared = comparedImages(settings, judged);
  const { sampler } = model;
  const { images, pairs } = trainingParts(settings.metrics);
  const onNote = (note: string) => terminal.warn(note);
  if (images.length === 0 && !pairs.includes('lpips'))
    return {
      ...settings,
      ...compared,
      features: undefined,
      featuresFrom: settings.features,
      onNote,
      onProgress,
    };
  const learned = keptPart(dataset, sampler?.takes === 'images' ? sampler.direction().to : 'images');
  const {
    features: featuresFrom = sampler?.takes === 'images' ? featuresFor(learned, terminal) : 'classifier',
  } = settings;
  const features = await openFeatures(featuresFrom, {
    dataset: learned,
    dataDir,
    device,
    onProgress,
    onNote: (note) => terminal.log(note),
  });
  return { ...settings, ...compared, features, featuresFrom, onNote, onProgress };
}

/** The images that a model is compared with, and those that it takes in. */
function comparedImages(
  { metrics }: EvaluationSettings,
  { model: { sampler }, dataset, heldOut }: JudgedTraining,
): Pick<EvaluationOptions, 'real' | 'inputs' | 'masks' | 'protocol'> {
  if (sampler?.takes !== 'images') return { real: dataset.parts.images, protocol: { split: 'train' } };
  const { from, to, mask } = sampler.direction();
  const shown = heldOut ?? dataset;
  const inputsSplit = heldOut ? 'test' : 'train';
  const { [from]: inputs } = shown.parts;
  const masks = mask === undefined ? undefined : shown.parts[mask];
  // A pair is of one split; sets of images are compared with what is learned.
  if (trainingParts(metrics).pairs.length > 0)
    return { real: shown.parts[to], inputs, masks, protocol: { split: inputsSplit, inputsSplit } };
  const { [to]: real } = dataset.parts;
  checkClasses(metrics, { inputs, targets: real });
  return { real, inputs, masks, protocol: { split: 'train', inputsSplit } };
}
