import type { ImageDataset } from '../../data/dataset';
import type { DataProgress } from '../../data/progress';
import { hasCode, messageOf } from '../../errors';
import { CLASSIFIER_RESOLUTION, type Classifier } from '../../models/classifier';
import { noGrad, withoutAutocast } from '../../tensor/autograd';
import { resolveDevice } from '../../tensor/device';
import { scope } from '../../tensor/scope';
import type { Tensor } from '../../tensor/tensor';
import type { Extracted, FeatureExtractor } from '../extractor';
import {
  type ClassifierId,
  classifierName,
  type KeptClassifier,
  readClassifier,
  writeClassifier,
} from './classifier-cache';
import { classifierData, classifierKey } from './classifier-data';
import { CLASSIFIER_RECIPE } from './classifier-recipe';
import { type TrainClassifierOptions, trainOn } from './classifier-training';
import { requireImages, resizeImages, resizeWords } from './resize-images';
import { stateSha256 } from './state-hash';

/** Options of {@link classifierExtractor}. */
export interface ClassifierExtractorOptions extends TrainClassifierOptions {
  /** Where features are computed (cpu); the training is always on the CPU. */
  readonly device?: string;
  /** Told what a user should know: that a kept classifier was damaged, or could not be kept. */
  readonly onNote?: (note: string) => void;
}

/** A {@link FeatureExtractor} with what is known of its classifier. */
export interface ClassifierExtractor extends FeatureExtractor {
  /** The share of right answers on images it was not trained on; null where those could not be had. */
  readonly accuracy: number | null;
  /** Which images those were: `test split` or `held-out tenth`. */
  readonly heldOut: string;
}

/** A classifier of fewer images knows them by heart. */
const FEW = 100;

const SIZE = { size: CLASSIFIER_RESOLUTION };

/**
 * The features of a classifier that the library trains itself on `dataset`, with nothing to download: the last hidden layer, 128
 * numbers that have mean 0 and variance 1 each over the training set. Trained when it is asked for first, then kept in the user's
 * cache under the hash of the images at 32×32, the labels and the recipe: at every resolution a set has the same classifier.
 *
 * @throws ERR_USAGE for a set without labels, with a single class, or with fewer than 20 images
 */
export async function classifierExtractor(
  dataset: ImageDataset,
  options: ClassifierExtractorOptions = {},
): Promise<ClassifierExtractor> {
  const device = resolveDevice(options.device ?? 'cpu');
  const kept = await keptClassifier(dataset, options);
  return keptClassifierExtractor(classifierName(dataset.name), kept, device);
}

/** The features of a classifier that was read from a file, perhaps one of another machine. */
export function keptClassifierExtractor(
  name: string,
  kept: KeptClassifier,
  device: string,
): ClassifierExtractor {
  kept.network.to({ device });
  return new TrainedExtractor(name, kept, device);
}

async function keptClassifier(
  dataset: ImageDataset,
  options: ClassifierExtractorOptions,
): Promise<KeptClassifier> {
  const { dataDir, recipe = CLASSIFIER_RECIPE, onProgress, onNote } = options;
  const loading = onProgress && ((progress: DataProgress) => onProgress({ ...progress, accuracy: null }));
  const data = await classifierData(dataset, recipe, { dataDir, onProgress: loading });
  const id: ClassifierId = {
    key: await classifierKey(data, recipe),
    name: classifierName(dataset.name),
  };
  const look = () =>
    readClassifier(id).catch((error: unknown) => {
      if (!hasCode(error, 'ERR_BAD_SAFETENSORS') && !hasCode(error, 'ERR_STATE_DICT')) throw error;
      onNote?.(`${messageOf(error)}; it is trained again`);
      return null;
    });
  const learned = data.seen.length;
  if (learned < FEW)
    onNote?.(
      `the classifier of ${dataset.name} learned from ${learned} images only: figures by its features say little; a classifier of another data set (classifier:DATASET) or Inception says more`,
    );
  const known = await look();
  if (known) return known;
  const { network, accuracy, heldOut } = await trainOn(data, options);
  if (accuracy === null)
    onNote?.(`the ${heldOut} of ${dataset.name} is not there: nobody knows how good its classifier is`);
  const fresh = { network, accuracy, heldOut, sha256: stateSha256(network) };
  await writeClassifier(id, fresh).catch((error: unknown) => {
    onNote?.(`${messageOf(error)}; the next evaluation trains it again`);
  });
  return fresh;
}

class TrainedExtractor implements ClassifierExtractor {
  readonly sha256: string;
  readonly dimensions: number;
  readonly classes: number;
  readonly channels: readonly number[];
  readonly resize = resizeWords(SIZE);
  readonly mapsResize = `none from 32×32 on, smaller ones ${this.resize}`;
  readonly accuracy: number | null;
  readonly heldOut: string;
  readonly #network: Classifier;

  constructor(
    readonly name: string,
    { network, sha256, accuracy, heldOut }: KeptClassifier,
    private readonly device: string,
  ) {
    this.sha256 = sha256;
    this.channels = [network.sizes.channels];
    this.dimensions = network.sizes.dimensions;
    this.classes = network.sizes.classes;
    this.accuracy = accuracy;
    this.heldOut = heldOut;
    this.#network = network;
  }

  extract(images: Tensor): Extracted {
    return this.#atRest(images, (own) => this.#network.judge(resizeImages(own, SIZE)));
  }

  /** Of images at their own size, unless that is smaller than 32×32: what a smaller picture has lost would not be seen in one. */
  maps(images: Tensor): readonly Tensor[] {
    const isSmall = Math.min(...images.shape.slice(2)) < CLASSIFIER_RESOLUTION;
    return this.#atRest(images, (own) => this.#network.maps(isSmall ? resizeImages(own, SIZE) : own));
  }

  /** Of images at their own size, in which more is to be seen than at 32×32. */
  responses(images: Tensor): readonly Tensor[] {
    requireImages(this.name, images, this.channels);
    return withoutAutocast(this.device, () => this.#network.responses(images));
  }

  #atRest<T>(images: Tensor, body: (images: Tensor) => T): T {
    requireImages(this.name, images, this.channels);
    return scope(() => noGrad(() => withoutAutocast(this.device, () => body(images.to(this.device)))));
  }

  dispose(): void {
    this.#network.dispose();
  }
}
