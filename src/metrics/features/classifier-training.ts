import { setImmediate as turn } from 'node:timers/promises';
import type { ImageDataset } from '../../data/dataset';
import { EpochOrder } from '../../data/epoch-order';
import type { PixelReader } from '../../data/pixels';
import { Prng } from '../../data/prng';
import type { DataProgress } from '../../data/progress';
import { crossEntropy } from '../../losses/reconstruction';
import { type Classifier, classifier } from '../../models/classifier';
import { adamw } from '../../optim/adam';
import type { Optimizer } from '../../optim/optimizer';
import { cosine, warmUp } from '../../optim/schedule';
import { noGrad } from '../../tensor/autograd';
import { fromBytes, tensor } from '../../tensor/create';
import { Generator } from '../../tensor/random';
import { scope } from '../../tensor/scope';
import type { Tensor } from '../../tensor/tensor';
import { type ClassifierData, classifierData, type Unseen } from './classifier-data';
import { CLASSIFIER_RECIPE, type ClassifierRecipe, classifierSteps } from './classifier-recipe';
import { untouchedRandom } from './random';
import { shiftImages } from './shift';

/** How far the making of a feature network has come; `done` and `total` count images. */
export interface FeatureProgress extends DataProgress {
  /** The share of right answers: while training, on the images since the last call; at the end, on the held-out ones. Else null. */
  readonly accuracy: number | null;
}

/** Options of {@link trainClassifier}. */
export interface TrainClassifierOptions {
  /** The folder of data sets, where a test part is looked for (`LIBTORCH_GAN_DATA`, else the cache). */
  readonly dataDir?: string;
  /** ({@link CLASSIFIER_RECIPE}) */
  readonly recipe?: ClassifierRecipe;
  /** Told after each piece of the work. */
  readonly onProgress?: (progress: FeatureProgress) => void;
  /** Ends the training early, with its reason as the error. */
  readonly signal?: AbortSignal;
}

/** A classifier at rest, on the CPU. */
export interface TrainedClassifier {
  /** In `eval` mode and frozen; the caller disposes it. */
  readonly network: Classifier;
  /** The share of right answers on images it was not trained on; null where those cannot be had. */
  readonly accuracy: number | null;
  /** Which images those were: `test split` or `held-out tenth`. */
  readonly heldOut: string;
  readonly seconds: number;
}

const EVALUATION_BATCH = 500;
const PAUSE_MS = 200;

/**
 * Trains a {@link Classifier} on a labelled data set for its features: on the CPU, in float32, by a fixed recipe and from a fixed seed, so
 * that classifiers of two machines differ by what rounding does to a training and by nothing else. Cross-entropy, AdamW, images
 * shifted at random. The global random generators stay where they were.
 *
 * @throws ERR_USAGE for a set without labels, with a single class, or with fewer than 20 images
 */
export async function trainClassifier(
  dataset: ImageDataset,
  options: TrainClassifierOptions = {},
): Promise<TrainedClassifier> {
  const { dataDir, recipe = CLASSIFIER_RECIPE, onProgress } = options;
  const loading = onProgress && ((progress: DataProgress) => onProgress({ ...progress, accuracy: null }));
  return trainOn(await classifierData(dataset, recipe, { dataDir, onProgress: loading }), options);
}

/** {@link trainClassifier} on data in the form that classifiers see. */
export async function trainOn(
  data: ClassifierData,
  options: Omit<TrainClassifierOptions, 'dataDir'> = {},
): Promise<TrainedClassifier> {
  const began = performance.now();
  const { recipe = CLASSIFIER_RECIPE } = options;
  const network = freshNetwork(data.train, recipe);
  try {
    await optimise(network, data, options);
    network.eval().freeze();
    const unseen = await data.unseen();
    const accuracy = unseen && (await accuracyOn(network, unseen));
    const total = shownImages(data, recipe);
    options.onProgress?.({ task: taskOf(data), done: total, total, unit: 'images', accuracy });
    return { network, accuracy, heldOut: data.heldOut, seconds: (performance.now() - began) / 1000 };
  } catch (error) {
    network.dispose();
    throw error;
  }
}

function freshNetwork({ spec }: ImageDataset, { width, dimensions, seed }: ClassifierRecipe): Classifier {
  const generator = new Generator({ seed, device: 'cpu' });
  try {
    const { channels, classes } = spec;
    const sizes = { channels, classes, width, dimensions };
    return untouchedRandom(() => classifier(sizes).to({ device: 'cpu' }).reset(generator));
  } finally {
    generator.dispose();
  }
}

async function optimise(
  network: Classifier,
  data: ClassifierData,
  { recipe = CLASSIFIER_RECIPE, onProgress, signal }: TrainClassifierOptions,
): Promise<void> {
  const { train, seen } = data;
  const steps = classifierSteps(recipe, seen.length);
  const batch = batchOf(recipe, seen.length);
  const optimizer = optimizerOf(network, recipe, steps);
  const order = new EpochOrder({ count: seen.length, batch, seed: recipe.seed, shuffle: true });
  const random = new Prng(recipe.seed, 1);
  const reader = await train.pixels.open();
  try {
    let place = { epoch: 0, position: 0 };
    let reported = { time: performance.now(), step: 0 };
    let right = 0;
    for (let step = 0; step < steps; step++) {
      place = order.startOf(place);
      const pixels = await read(
        train,
        reader,
        order.indices(place).map((index) => seen[index]),
      );
      place = order.after(place);
      right += trainingStep(network, optimizer, () => {
        const { images, labels } = tensors(pixels);
        return { images: shiftImages(images, { most: recipe.shift, random }), labels };
      });
      signal?.throwIfAborted();
      if (performance.now() < reported.time + PAUSE_MS) continue;
      const accuracy = right / ((step + 1 - reported.step) * batch);
      onProgress?.({
        task: taskOf(data),
        done: (step + 1) * batch,
        total: shownImages(data, recipe),
        unit: 'images',
        accuracy,
      });
      await turn();
      reported = { time: performance.now(), step: step + 1 };
      right = 0;
    }
  } finally {
    optimizer.dispose();
    await reader.close();
  }
}

function optimizerOf(network: Classifier, recipe: ClassifierRecipe, steps: number): Optimizer {
  const { lr, weightDecay } = recipe;
  const rising = Math.max(1, Math.floor(steps * recipe.warmUp));
  const falling = cosine({ steps: Math.max(1, steps - rising) });
  const schedule = warmUp({ steps: rising, followedBy: falling });
  return adamw({ lr, weightDecay, betas: [0.9, 0.99], schedule })(network.parameters());
}

/** @returns how many answers were right */
function trainingStep(network: Classifier, optimizer: Optimizer, batch: () => LabelledBatch): number {
  return scope(() => {
    const { images, labels } = batch();
    const logits = network.forward(images);
    crossEntropy(logits, labels).backward();
    optimizer.step();
    optimizer.zeroGrad();
    return rightAnswers(logits, labels);
  });
}

async function accuracyOn(network: Classifier, { dataset, indices }: Unseen): Promise<number> {
  const reader = await dataset.pixels.open();
  let right = 0;
  try {
    for (let start = 0; start < indices.length; start += EVALUATION_BATCH) {
      const pixels = await read(dataset, reader, indices.slice(start, start + EVALUATION_BATCH));
      right += scope(() =>
        noGrad(() => {
          const { images, labels } = tensors(pixels);
          return rightAnswers(network.forward(images), labels);
        }),
      );
      await turn();
    }
  } finally {
    await reader.close();
  }
  return right / indices.length;
}

function rightAnswers(logits: Tensor, labels: Tensor): number {
  return logits.argmax(1).eq(labels).sum().item();
}

interface LabelledBatch {
  readonly images: Tensor;
  readonly labels: Tensor;
}

interface LabelledPixels {
  readonly bytes: Uint8Array;
  readonly shape: readonly number[];
  readonly labels: Int32Array;
}

async function read(
  { spec, labels }: ImageDataset,
  reader: PixelReader,
  indices: Int32Array,
): Promise<LabelledPixels> {
  return {
    bytes: await reader.read(indices),
    shape: [indices.length, spec.channels, spec.height, spec.width],
    labels: indices.map((index) => labels?.[index] ?? 0),
  };
}

function tensors({ bytes, shape, labels }: LabelledPixels): LabelledBatch {
  return {
    images: fromBytes(bytes, { dtype: 'uint8', shape, device: 'cpu' }).div(127.5).sub_(1),
    labels: tensor(labels, { dtype: 'int64', device: 'cpu' }),
  };
}

function batchOf({ batch }: ClassifierRecipe, count: number): number {
  return Math.min(batch, count);
}

function shownImages({ seen }: ClassifierData, recipe: ClassifierRecipe): number {
  return classifierSteps(recipe, seen.length) * batchOf(recipe, seen.length);
}

function taskOf({ train }: ClassifierData): string {
  return `training a classifier on ${train.name}`;
}
