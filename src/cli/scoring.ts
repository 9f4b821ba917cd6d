import { ImageDataset } from '../data/dataset';
import { heldOutImages, learnedImages, normalImages } from '../data/normal-images';
import { hasTestSplit } from '../data/sources';
import { messageOf, UsageError } from '../errors';
import { datasetImages, type ImageSource } from '../metrics/image-source';
import { imageOrder } from '../metrics/real-images';
import type { TaskState } from '../report/task-progress';
import type { LoadedModel } from '../training/load';
import { type NormalScores, readNormalScores, writeNormalScores } from '../training/normal-scores';
import { type Scorer, type ScoringOptions, scoreImages } from '../training/scorer';
import { readDatasetSettings } from './dataset-options';
import { type DataRequest, dataName, loadSplit } from './real-data';

/** What a scoring is told beside its images. */
export interface ScoringContext {
  readonly onProgress?: (state: TaskState) => void;
  readonly signal?: AbortSignal;
}

/** How a model scores images, and of which images it learned. @throws UsageError for one that does not */
export function requireScorer({ scorer, checkpoint }: LoadedModel): Scorer {
  if (scorer) return scorer;
  throw new UsageError(
    `${checkpoint} is of a model that does not tell how unusual an image is: train one that has --set normal in train --help`,
  );
}

/** The scores of images by a loaded model, in their order. */
export function scoresOf(
  model: LoadedModel,
  images: ImageSource,
  { onMaps, seed, ...context }: ScoringContext & Pick<ScoringOptions, 'onMaps' | 'seed'> = {},
): Promise<Float64Array> {
  const scorer = requireScorer(model);
  const networks = scorer.networks.map((name) => model.networks[name]);
  return scoreImages({ scorer, networks, images, device: model.device, onMaps, seed, ...context });
}

/** Images that thresholds are taken from, at most. */
const SAMPLE = 2_000;

/**
 * The scores of normal images that a model has not learned, and of some that it has: those that its checkpoint keeps; else they are computed,
 * and kept where the checkpoint can be written.
 *
 * @returns null where no images were held out and there is no test split
 * @throws UsageError for a model that scores no images, and what data sets throw
 */
export async function keptNormalScores(
  model: LoadedModel,
  request: Pick<DataRequest, 'settings'>,
  context: ScoringContext & { readonly onNote: (note: string) => void },
): Promise<NormalScores | null> {
  const scorer = requireScorer(model);
  const known = readNormalScores(model, scorer.name);
  if (known) return known;
  const sets = await normalSets(model, scorer, request, context);
  if (!sets) return null;
  const scores = await scoreSets(model, sets, context);
  await writeNormalScores(model, scores).catch((error) =>
    context.onNote(`the threshold is not kept, and will be computed again: ${messageOf(error)}`),
  );
  return scores;
}

/** The scores of a sample of held-out images, and of learned ones. */
async function scoreSets(
  model: LoadedModel,
  sets: NormalSets,
  context: ScoringContext,
): Promise<NormalScores> {
  const { name: score, sample = SAMPLE } = requireScorer(model);
  const { device } = model;
  const sorted = async (set: ImageDataset) => {
    const indices = imageOrder(set, Math.min(sample, set.count));
    const scores = await scoresOf(model, datasetImages(set, { indices, device }), context);
    return [...scores].sort((a, b) => a - b);
  };
  const heldOut = await sorted(sets.heldOut);
  return {
    score,
    of: `${heldOut.length} images of ${sets.of}`,
    heldOut,
    learned: await sorted(sets.learned),
  };
}

interface NormalSets {
  readonly heldOut: ImageDataset;
  readonly learned: ImageDataset;
  readonly of: string;
}

/** Normal images that were held out of the training, else those of the test split. */
async function normalSets(
  model: LoadedModel,
  { normal = { normal: 'all', heldOut: 0 } }: Scorer,
  { settings }: Pick<DataRequest, 'settings'>,
  { onProgress, onNote }: ScoringContext & { readonly onNote: (note: string) => void },
): Promise<NormalSets | null> {
  const { specs, settings: run } = model;
  const request = { settings, run, onProgress };
  const name = dataName(request);
  const { channels } = readDatasetSettings(run);
  // The training has told of the images that it learned.
  const load = async (split: 'train' | 'test') => {
    const dataset = await loadSplit(split === 'test' ? { ...request, onNote } : request, {
      split,
      size: specs.images,
      channels,
    });
    if (dataset instanceof ImageDataset) return dataset;
    throw new UsageError(`--dataset ${name} gives pairs or two domains: name a set of images alone`);
  };
  const train = await load('train');
  const seed = typeof run.seed === 'number' ? run.seed : 0;
  const learned = learnedImages(train, normal, seed);
  const which = normal.normal === 'all' ? name : `${name} (normal ${normal.normal})`;
  const heldOut = heldOutImages(train, normal, seed);
  if (heldOut) return { heldOut, learned, of: `${which}, held out` };
  if (!(await hasTestSplit(name))) return null;
  return { heldOut: normalImages(await load('test'), normal.normal), learned, of: `${which}, test split` };
}
