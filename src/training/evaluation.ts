import { join } from 'node:path';
import type { ImageDataset } from '../data/dataset';
import { GanError, UsageError } from '../errors';
import type { EvaluationProgress } from '../metrics/collect';
import { evaluate } from '../metrics/evaluate';
import type { FeatureExtractor } from '../metrics/extractor';
import type { ImageClasses } from '../metrics/image-source';
import { checkMetrics } from '../metrics/measure';
import { decidingNumber, type ImageMetric } from '../metrics/names';
import { prepareReal, type RealImages } from '../metrics/real-images';
import { type EvaluationRow, type Protocol, sameProtocol } from '../report/evaluations';
import { collapseNote, type Measured, summarizeMetric } from '../report/summary';
import { EvaluationPictures } from './evaluation-pictures';
import {
  type GeneratedImages,
  generatedImages,
  imageClasses,
  type SampledNetworks,
} from './generated-images';
import type { Sampler } from './sampler';
import type { Training } from './training';
import { translatedImages } from './translated-images';

/** How a training is judged on its way. */
export interface EvaluationOptions {
  /** The images to compare with; usually those that are learned. */
  readonly real: ImageDataset;
  /** The images that a model which takes images in is judged by: usually of a split that is not learned. */
  readonly inputs?: ImageDataset;
  /** Which way such a model goes (its first). */
  readonly direction?: string;
  /** The feature network: it stays the caller's. */
  readonly features: FeatureExtractor;
  /** How a command line names it: kept in config.json, for resumes (its own name). */
  readonly featuresFrom?: string;
  /** Steps between evaluations (1,000); one more comes at the end. */
  readonly every?: number;
  /** (fid) */
  readonly metrics?: readonly ImageMetric[];
  /** Generated images to judge (5,000). */
  readonly count?: number;
  /** The number that decides which weights are best: one of those that the metrics give (the first). */
  readonly bestBy?: string;
  /** What the protocol of each row should say besides, e.g. which split the real images are. */
  readonly protocol?: Protocol;
  /** Hears of real images that pass the feature network before the training. */
  readonly onProgress?: (progress: EvaluationProgress) => void;
}

/** What an evaluation on the way brought. */
export interface TrainingEvaluation {
  readonly row: EvaluationRow;
  /** The number that decides which weights are best, e.g. `fid`. */
  readonly bestBy: string;
  /** Its best value by this protocol so far, this one included. */
  readonly best: Measured;
  /** Whether this is it. */
  readonly isBest: boolean;
  /** A sentence where the model has become much worse than its best. */
  readonly collapse?: string;
  /** How long it took, in all. */
  readonly seconds: number;
}

type Settings = Required<Pick<EvaluationOptions, 'metrics' | 'count' | 'every' | 'bestBy'>> &
  Pick<EvaluationOptions, 'protocol'>;

/** The latents of evaluations: the same in each, and those of `evaluate --seed 0`. */
const SEED = 0;

/** Judges a model in training now and then. No step of the training depends on whether it does. */
export class RunEvaluator {
  readonly bestBy: string;
  readonly every: number;
  readonly #real: RealImages;
  readonly #metrics: readonly ImageMetric[];
  readonly #source: (training: Training) => Promise<GeneratedImages>;
  readonly #protocol: Protocol | undefined;
  readonly #rows: EvaluationRow[];

  private constructor(
    real: RealImages,
    earlier: readonly EvaluationRow[],
    { source, ...settings }: Settings & { readonly source: (training: Training) => Promise<GeneratedImages> },
  ) {
    this.every = settings.every;
    this.bestBy = settings.bestBy;
    this.#real = real;
    this.#metrics = settings.metrics;
    this.#source = source;
    this.#protocol = settings.protocol;
    this.#rows = [...earlier];
  }

  /**
   * Computes the statistics of the real images, or finds them in the cache.
   *
   * @param earlier - evaluations of this run, up to where it goes on
   * @throws UsageError for options that do not fit together
   */
  static async begin(
    { real: dataset, features: extractor, onProgress, ...options }: EvaluationOptions,
    training: Pick<Training, 'device' | 'sampler'>,
    earlier: readonly EvaluationRow[],
  ): Promise<RunEvaluator> {
    const { metrics = ['fid'], count = 5_000, every = 1_000 } = options;
    const bestBy = decidingNumber(metrics, options.bestBy);
    for (const [name, value] of Object.entries({ count, every }))
      if (!Number.isInteger(value) || value < 1)
        throw new UsageError(`evaluation expected ${name} to be a positive integer but received ${value}`);
    const judged = judgedImages(training.sampler, dataset, { ...options, count });
    const kept = Math.min(dataset.count, judged.count);
    const real = await prepareReal(dataset, {
      extractor,
      features: kept,
      device: training.device,
      onProgress,
    });
    try {
      checkMetrics(metrics, { real, count: judged.count, classes: judged.classes });
      const { protocol } = options;
      const { source } = judged;
      return new RunEvaluator(real, earlier, { metrics, count, every, bestBy, protocol, source });
    } catch (error) {
      real.dispose();
      throw error;
    }
  }

  /**
   * Judges what the sampler makes with the networks as they are now.
   *
   * @param options.folder - where pictures go; none are drawn without
   * @param options.checkpoint - the run's checkpoint with these weights, where there is one
   */
  async evaluate(
    training: Training,
    { folder, checkpoint }: { readonly folder?: string; readonly checkpoint?: string },
  ): Promise<TrainingEvaluation> {
    const start = performance.now();
    const fake = await this.#source(training);
    const pictures = folder === undefined ? null : new EvaluationPictures(this.#real);
    try {
      const judged = await evaluate({
        real: this.#real,
        fake,
        metrics: this.#metrics,
        seed: SEED,
        protocol: this.#protocol,
        onImages: pictures ? (images) => pictures.add(images) : undefined,
      });
      const { features, ...evaluation } = judged;
      try {
        if (pictures && folder !== undefined) await pictures.write(join(folder, 'evaluation'), features);
      } finally {
        features.dispose();
      }
      const row = {
        step: training.step,
        source: 'training' as const,
        time: new Date().toISOString(),
        checkpoint,
        ...evaluation,
      };
      return { ...this.#judge(row), seconds: (performance.now() - start) / 1000 };
    } finally {
      fake.dispose();
      pictures?.dispose();
    }
  }

  dispose(): void {
    this.#real.dispose();
  }

  #judge(row: EvaluationRow): Omit<TrainingEvaluation, 'seconds'> {
    const { bestBy } = this;
    this.#rows.push(row);
    const comparable = this.#rows.filter(({ protocol }) => sameProtocol(protocol, row.protocol));
    const best = summarizeMetric(comparable, bestBy)?.best;
    if (!best)
      throw new GanError(
        'ERR_BAD_FEATURES',
        `expected ${bestBy} to be a number but it is ${row.metrics[bestBy]}`,
      );
    const collapse = collapseNote(comparable, bestBy);
    return { row, bestBy, best, isBest: best.row === row, ...(collapse !== undefined && { collapse }) };
  }
}

interface JudgedImages {
  readonly count: number;
  readonly classes: ImageClasses | undefined;
  source(training: Training): Promise<GeneratedImages>;
}

/** What is judged of a model: images of latents, or of the images that it is to take in. */
function judgedImages(
  sampler: Sampler | undefined,
  real: ImageDataset,
  { count, inputs, direction }: { readonly count: number } & Pick<EvaluationOptions, 'inputs' | 'direction'>,
): JudgedImages {
  const { spec } = real;
  if (!sampler)
    throw new UsageError(
      'evaluations expected a model that says how it makes images but this one has no `sampler`',
    );
  if (sampler.takes === 'latents')
    return {
      count,
      classes: imageClasses(sampler.latent),
      source: async (training) =>
        generatedImages({ ...sampled(training, sampler), sampler, spec, count, seed: SEED }),
    };
  if (!inputs)
    throw new UsageError(
      'evaluations of a model that takes images in expected the images to judge it by but received no `inputs`',
    );
  const shown = Math.min(count, inputs.count);
  return {
    count: shown,
    classes: inputs.labels ? { count: inputs.spec.classes, kind: 'labels' } : undefined,
    source: (training) =>
      translatedImages({ ...sampled(training, sampler), sampler, inputs, spec, count: shown, direction }),
  };
}

function sampled({ averages, averaged, device }: Training, { networks }: Sampler): SampledNetworks {
  const weights = networks.some((name) => Object.hasOwn(averages, name)) ? 'ema' : 'live';
  return { networks: averaged, weights, device };
}
