import { join } from 'node:path';
import { JUDGED_SEED } from '../data/degraded-dataset';
import type { PartImages } from '../data/part-images';
import { UsageError } from '../errors';
import { checkMetrics, featuresNeeded, needLogits } from '../metrics/check-metrics';
import { collect } from '../metrics/collect';
import type { Comparison } from '../metrics/comparison';
import { type Evaluation, evaluate } from '../metrics/evaluate';
import { evaluatePairs, requireMaps } from '../metrics/evaluate-pairs';
import { datasetImages, type ImageSource } from '../metrics/image-source';
import { type ImageMetric, type PairMetric, trainingParts } from '../metrics/names';
import { imageOrder, prepareReal } from '../metrics/real-images';
import { toldOnce } from '../report/told-once';
import type { EvaluationOptions } from './evaluation-options';
import { EvaluationPictures } from './evaluation-pictures';
import {
  type GeneratedImages,
  generatedImages,
  type SampledNetworks,
  seededClasses,
} from './generated-images';
import type { Sampler } from './sampler';
import { asUsed } from './standing-latents';
import type { Training } from './training';
import { translatedImages } from './translated-images';

/** The networks of a training as they are now. */
export type NetworksInTraining = Pick<Training, 'averages' | 'averaged' | 'device'>;

/** Measures what a model in training makes, always in one way. */
export interface Judge {
  /**
   * @param folder - where pictures go; none are drawn without
   * @returns null in a process that is not the first of several: it only helps
   */
  judge(training: NetworksInTraining, folder: string | undefined): Promise<Evaluation | null>;
  dispose(): void;
}

/** The latents of evaluations and all that they draw: the same in each, and those of `evaluate --seed 0`. */
const SEED = 0;

/**
 * Opens what the metrics need: statistics of the real images, or nothing.
 *
 * @throws UsageError for metrics, images and a model that do not fit together
 */
export function openJudge(
  options: EvaluationOptions & { readonly count: number },
  training: Pick<Training, 'device' | 'sampler' | 'group'>,
): Promise<Judge> {
  const { images, pairs } = trainingParts(options.metrics ?? ['fid']);
  const made = madeImages(training.sampler, options);
  // Notes come back with each evaluation.
  const once = { ...options, onNote: toldOnce(options.onNote) };
  if (training.group.rank > 0)
    return Promise.resolve(
      pairs.length > 0 ? NO_JUDGE : helper({ ...once, metrics: images, made }, training),
    );
  return pairs.length > 0
    ? judgeOfPairs({ ...once, metrics: pairs, made, compared: comparisonOf(training.sampler) })
    : judgeOfImages({ ...once, metrics: images, made }, training);
}

function comparisonOf(sampler: Sampler | undefined): Comparison | undefined {
  return sampler?.takes === 'images' ? sampler.compared : undefined;
}

interface ImagesOptions extends EvaluationOptions {
  readonly metrics: readonly ImageMetric[];
  readonly made: MadeImages;
}

/** By features, against the real images. */
async function judgeOfImages(
  { real: dataset, features: extractor, metrics, made, protocol, onNote, onProgress }: ImagesOptions,
  { device, group }: Pick<Training, 'device' | 'group'>,
): Promise<Judge> {
  if (!extractor)
    throw new UsageError(`${metrics[0]} expected a feature network but received no \`features\``);
  const kept = featuresNeeded(metrics, { real: dataset.count, judged: made.count });
  const real = await prepareReal(dataset, { extractor, features: kept, device, onProgress, onNote });
  try {
    checkMetrics(metrics, { real, count: made.count, classes: made.classes });
  } catch (error) {
    real.dispose();
    throw error;
  }
  return {
    async judge(training, folder) {
      const fake = await made.source(training);
      const pictures = folder === undefined ? null : new EvaluationPictures(real);
      try {
        const { features, ...evaluation } = await evaluate({
          real,
          fake,
          metrics,
          seed: SEED,
          protocol,
          onNote,
          group,
          onImages: pictures ? (images) => pictures.add(images) : undefined,
        });
        try {
          if (pictures && folder !== undefined) await pictures.write(join(folder, 'evaluation'), features);
        } finally {
          features.dispose();
        }
        return evaluation;
      } finally {
        fake.dispose();
        pictures?.dispose();
      }
    },
    dispose: () => real.dispose(),
  };
}

/** Pairs are judged by the first process alone. */
const NO_JUDGE: Judge = { judge: async () => null, dispose() {} };

/** Makes its share of the images, and finds their features. */
function helper(
  { features: extractor, metrics, made }: ImagesOptions,
  { device, group }: Pick<Training, 'device' | 'group'>,
): Judge {
  return {
    async judge(training) {
      const fake = await made.source(training);
      try {
        if (!extractor) return null;
        const logits = needLogits(metrics);
        const found = await collect(fake, { extractor, features: 1, logits, quantise: true, device, group });
        for (const each of [found.moments, found.features, found.logits]) each?.dispose();
        return null;
      } finally {
        fake.dispose();
      }
    },
    dispose() {},
  };
}

interface PairsOptions extends EvaluationOptions {
  readonly compared: Comparison | undefined;
  readonly metrics: readonly PairMetric[];
  readonly made: MadeImages;
}

/** Each image by what it should be. */
async function judgeOfPairs({
  real: targets,
  inputs,
  masks,
  features: extractor,
  metrics,
  made,
  compared,
  protocol,
  onNote,
}: PairsOptions): Promise<Judge> {
  if (inputs?.count !== targets.count)
    throw new UsageError(
      `${metrics[0]} compares images with what they should be and expected a target for each input but received ${targets.count} for ${inputs?.count ?? 'none'}`,
    );
  if (metrics.includes('lpips')) requireMaps(extractor);
  const order = imageOrder(targets, made.count);
  return {
    async judge(training) {
      const images = await made.source(training);
      const { device } = training;
      try {
        return await evaluatePairs({
          images,
          targets,
          order,
          metrics,
          extractor,
          device,
          compared,
          masks,
          onNote,
          protocol: { ...protocol, seed: SEED, ...(masks && { maskSeed: JUDGED_SEED }) },
        });
      } finally {
        images.dispose();
      }
    },
    dispose() {},
  };
}

/** What is judged of a model. */
interface MadeImages {
  readonly count: number;
  readonly classes: ImageSource['classes'];
  source(training: NetworksInTraining): Promise<GeneratedImages>;
}

/** Images of latents, or of the images that a model is to take in. */
function madeImages(
  sampler: Sampler | undefined,
  { real: { spec }, count, inputs, masks, direction }: EvaluationOptions & { readonly count: number },
): MadeImages {
  if (!sampler)
    throw new UsageError(
      'evaluations expected a model that says how it makes images but this one has no `sampler`',
    );
  if (sampler.takes === 'latents')
    return {
      count,
      classes: seededClasses(sampler.latent, { count, seed: SEED }),
      async source(training) {
        const { networks, dispose } = asUsed(sampled(training, sampler), sampler);
        try {
          const images = generatedImages({ ...networks, sampler, spec, count, seed: SEED });
          return {
            ...images,
            dispose() {
              images.dispose();
              dispose();
            },
          };
        } catch (error) {
          dispose();
          throw error;
        }
      },
    };
  const shown = requireInputs(inputs);
  const order = imageOrder(shown, Math.min(count, shown.count));
  return {
    count: order.length,
    classes: datasetImages(shown, { indices: order }).classes,
    source: (training) =>
      translatedImages({
        ...sampled(training, sampler),
        sampler,
        inputs: shown,
        masks,
        spec,
        count: order.length,
        direction,
        seed: SEED,
      }),
  };
}

function requireInputs(inputs: PartImages | undefined): PartImages {
  if (inputs) return inputs;
  throw new UsageError(
    'evaluations of a model that takes images in expected the images to judge it by but received no `inputs`',
  );
}

function sampled({ averages, averaged, device }: NetworksInTraining, { networks }: Sampler): SampledNetworks {
  const weights = networks.some((name) => Object.hasOwn(averages, name)) ? 'ema' : 'live';
  return { networks: averaged, weights, device };
}
