import { join } from 'node:path';
import type { ImageDataset } from '../data/dataset';
import { GanError, UsageError } from '../errors';
import type { EvaluationProgress } from '../metrics/collect';
import { evaluate } from '../metrics/evaluate';
import type { FeatureExtractor } from '../metrics/extractor';
import { checkMetrics } from '../metrics/measure';
import { decidingNumber, type ImageMetric } from '../metrics/names';
import { prepareReal, type RealImages } from '../metrics/real-images';
import { type EvaluationRow, type Protocol, sameProtocol } from '../report/evaluations';
import { collapseNote, type Measured, summarizeMetric } from '../report/summary';
import { EvaluationPictures } from './evaluation-pictures';
import { generatedImages, imageClasses } from './generated-images';
import type { Trainer } from './trainer';

/** How a training is judged on its way. */
export interface EvaluationOptions {
  /** The images to compare with; usually those that are learned. */
  readonly real: ImageDataset;
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

/** Judges the generator of a trainer now and then. No step of the training depends on whether it does. */
export class RunEvaluator {
  readonly bestBy: string;
  readonly every: number;
  readonly #real: RealImages;
  readonly #metrics: readonly ImageMetric[];
  readonly #count: number;
  readonly #protocol: Protocol | undefined;
  readonly #rows: EvaluationRow[];

  private constructor(real: RealImages, earlier: readonly EvaluationRow[], settings: Settings) {
    this.every = settings.every;
    this.bestBy = settings.bestBy;
    this.#real = real;
    this.#metrics = settings.metrics;
    this.#count = settings.count;
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
    trainer: Pick<Trainer, 'device' | 'latent' | 'conditional'>,
    earlier: readonly EvaluationRow[],
  ): Promise<RunEvaluator> {
    const { metrics = ['fid'], count = 5_000, every = 1_000 } = options;
    const bestBy = decidingNumber(metrics, options.bestBy);
    for (const [name, value] of Object.entries({ count, every }))
      if (!Number.isInteger(value) || value < 1)
        throw new UsageError(`evaluation expected ${name} to be a positive integer but received ${value}`);
    const kept = Math.min(dataset.count, count);
    const real = await prepareReal(dataset, {
      extractor,
      features: kept,
      device: trainer.device,
      onProgress,
    });
    try {
      checkMetrics(metrics, { real, count, classes: imageClasses(trainer) });
      const { protocol } = options;
      return new RunEvaluator(real, earlier, { metrics, count, every, bestBy, protocol });
    } catch (error) {
      real.dispose();
      throw error;
    }
  }

  /**
   * Judges the trainer's sampler as it is now.
   *
   * @param options.folder - where pictures go; none are drawn without
   * @param options.checkpoint - the run's checkpoint with these weights, where there is one
   */
  async evaluate(
    trainer: Trainer,
    { folder, checkpoint }: { readonly folder?: string; readonly checkpoint?: string },
  ): Promise<TrainingEvaluation> {
    const start = performance.now();
    const { sampler, latent, conditional, device, step } = trainer;
    if (!sampler)
      throw new UsageError('evaluations expected a generator among the networks but there is none');
    const fake = generatedImages({
      generator: sampler,
      weights: trainer.ema ? 'ema' : 'live',
      latent,
      conditional,
      spec: this.#real.dataset.spec,
      device,
      count: this.#count,
      seed: SEED,
    });
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
        step,
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
