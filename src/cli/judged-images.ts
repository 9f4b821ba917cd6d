import { basename, dirname, relative, resolve } from 'node:path';
import { type DatasetOptions, loadImages } from '../data/sources';
import { GanError, UsageError } from '../errors';
import { readSafetensors } from '../io/safetensors';
import { recordsToTensors } from '../io/tensors';
import { datasetImages, type ImageSource, tensorImages } from '../metrics/image-source';
import type { MetricName } from '../metrics/names';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import { generatedImages } from '../training/generated-images';
import { type LoadedModel, requireLatents } from '../training/load';
import type { AskedSettings } from './evaluate-settings';
import type { JudgedImages, Origin } from './judged';
import { notesOf } from './model-notes';

/** Images judged when no number is given. */
export const DEFAULT_COUNT = 10_000;

/** What is measured of images where nobody says. */
const USUAL_METRICS: readonly MetricName[] = ['fid', 'kid', 'prdc'];

/** What a model makes of latents, for an evaluation. @throws UsageError for what is asked of models that take images in */
export function judgeLatents(model: LoadedModel, asked: AskedSettings): JudgedImages {
  const { weights, seed, truncation, truncationLayers, metrics, direction, count = DEFAULT_COUNT } = asked;
  const sampler = requireLatents(model);
  const [pair] = metrics?.pairs ?? [];
  const images = `but ${model.checkpoint} makes images of latents`;
  if (pair !== undefined)
    throw new UsageError(
      `${pair} compares images with what they should be, ${images}: try --metrics ${USUAL_METRICS}`,
    );
  if (direction !== undefined)
    throw new UsageError(`--direction is of models that take images in, ${images}: leave it out`);
  const source = generatedImages({
    ...model,
    ...{ sampler, spec: model.specs.images, count, seed, truncation, truncationLayers },
  });
  const names = model.classNames.length > 0 ? model.classNames : undefined;
  const classes = source.classes && { ...source.classes, ...(source.classes.kind === 'labels' && { names }) };
  return {
    source: { ...source, ...(classes && { classes }) },
    described: `${count} images by the ${model.weights} weights of ${model.checkpoint}`,
    origin: originOf(model),
    model,
    shown: null,
    usualMetrics: USUAL_METRICS,
    notes: notesOf(model, weights),
    dispose() {
      source.dispose();
      model.dispose();
    },
  };
}

/** The checkpoint of a model, for its run. */
export function originOf({ checkpoint, step, settings }: LoadedModel): Origin {
  return { ...placeOf(checkpoint), step, settings };
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
  const { classes } = source;
  const judged = {
    ...source,
    count: count ?? source.count,
    protocol: { images: 'given' },
    ...(classes && { classes: { ...classes, ofImages: classes.ofImages.subarray(0, count) } }),
  };
  return {
    source: judged,
    described: `${judged.count} images of ${name}`,
    origin: null,
    model: null,
    shown: null,
    usualMetrics: USUAL_METRICS,
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
  if (images.shape.includes(0))
    throw badImages(`${file}: expected at least one image, but its images are [${images.shape.join(', ')}]`);
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
