import { basename, dirname, relative, resolve } from 'node:path';
import { type DatasetOptions, loadImages } from '../data/sources';
import { GanError, UsageError } from '../errors';
import { readSafetensors } from '../io/safetensors';
import { recordsToTensors } from '../io/tensors';
import { datasetImages, type ImageSource, tensorImages } from '../metrics/image-source';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import { generatedImages } from '../training/generated-images';
import { type LoadedModel, requireLatents } from '../training/load';
import type { EvaluateSettings } from './evaluate-settings';
import { loadRun, notesOf } from './load-run';

/** Images that are to be judged, and what is known of them. */
export interface JudgedImages {
  readonly source: ImageSource;
  /** Words for a person. */
  readonly described: string;
  /** The checkpoint that makes them; null for images from elsewhere. */
  readonly origin: Origin | null;
  /** What made them; null for images from elsewhere. */
  readonly model: LoadedModel | null;
  /** Things to tell the user. */
  readonly notes: readonly string[];
  dispose(): void;
}

/** A checkpoint of a run. */
export interface Origin {
  /** The run directory. */
  readonly run: string;
  /** The checkpoint, relative to it. */
  readonly checkpoint: string;
  readonly step: number;
  /** What the run was started with. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** Images judged when no number is given. */
const DEFAULT_COUNT = 10_000;

/**
 * Opens the model of `--checkpoint`, and what it is to make for the evaluation.
 *
 * @throws what `loadModel` throws
 */
export async function openModel(
  path: string,
  settings: EvaluateSettings,
  device: string,
): Promise<JudgedImages> {
  const { weights, seed, truncation, metrics, count = DEFAULT_COUNT } = settings;
  const { standingStatistics: batches } = settings;
  const model = await loadRun(path, {
    weights,
    device,
    autoencoder: metrics.data.length > 0,
    ...(batches !== undefined && { standingStatistics: { batches, truncation } }),
  });
  try {
    const sampler = requireLatents(model);
    const spec = model.specs.images;
    const source = generatedImages({ ...model, sampler, spec, count, seed, truncation });
    return {
      source,
      described: `${count} images by the ${model.weights} weights of ${model.checkpoint}`,
      origin: { ...placeOf(model.checkpoint), step: model.step, settings: model.settings },
      model,
      notes: notesOf(model, weights),
      dispose() {
        source.dispose();
        model.dispose();
      },
    };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** `RUN/checkpoints/step-000100` or `RUN/best`, in two parts. */
function placeOf(checkpoint: string): Pick<Origin, 'run' | 'checkpoint'> {
  const path = resolve(checkpoint);
  const holder = dirname(path);
  const run = basename(holder) === 'checkpoints' ? dirname(holder) : holder;
  return { run, checkpoint: relative(run, path) };
}

/** Where `--images` is looked up. */
export interface ImagesOptions extends DatasetOptions {
  /** The name of the data set whose split is meant. */
  readonly dataset: string;
  /** The first so many (all). */
  readonly count?: number;
  readonly device: string;
}

/**
 * Opens the images of `--images`: a split of the data set, a folder of pictures, or a file of tensors.
 *
 * @throws UsageError where there are fewer than asked for; GanError `ERR_BAD_IMAGES` for a file that holds something else
 */
export async function openImages(what: string, options: ImagesOptions): Promise<JudgedImages> {
  const { dataset, count, device, ...rest } = options;
  if (what === 'test' || what === 'train') {
    const split = await loadImages(dataset, { ...rest, split: what });
    return given(datasetImages(split, { device }), { name: `the ${what} split of ${dataset}`, count });
  }
  if (what.startsWith('folder:'))
    return given(datasetImages(await loadImages(what, rest), { device }), { name: what, count });
  const images = await readImages(what);
  try {
    return { ...given(tensorImages(images), { name: what, count }), dispose: () => images.dispose() };
  } catch (error) {
    images.dispose();
    throw error;
  }
}

function given(source: ImageSource, { name, count }: { name: string; count?: number }): JudgedImages {
  if (count !== undefined && count > source.count)
    throw new UsageError(`--count ${count}, but ${name} has ${source.count} images: ask for fewer`);
  const judged = { ...source, count: count ?? source.count, protocol: { images: 'given' } };
  return {
    source: judged,
    described: `${judged.count} images of ${name}`,
    origin: null,
    model: null,
    notes: [],
    dispose() {},
  };
}

/** How far images may lie outside of [−1, 1], by rounding. */
const SLACK = 1e-3;

async function readImages(file: string): Promise<Tensor> {
  const { records } = await readSafetensors(file);
  const { images } = records;
  if (images?.dtype !== 'F32' || images.shape.length !== 4)
    throw badImages(
      `${file}: expected one tensor "images" F32 [N, C, H, W], but it holds ${Object.keys(records).join(', ') || 'nothing'}${images ? ` (${images.dtype} [${images.shape.join(', ')}])` : ''}`,
    );
  const tensor = recordsToTensors({ images }).images;
  const [low, high] = scope(() => [tensor.amin().item(), tensor.amax().item()]);
  // NaN is left to the evaluation, which tells in which image it is.
  if (!(low < -1 - SLACK || high > 1 + SLACK)) return tensor;
  tensor.dispose();
  throw badImages(
    `${file}: expected images in [-1, 1], but they reach from ${low} to ${high}: scale them first`,
  );
}

function badImages(message: string): GanError {
  return new GanError('ERR_BAD_IMAGES', message);
}
