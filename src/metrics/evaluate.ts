import type { Details, Protocol } from '../report/evaluations';
import { scope } from '../tensor/scope';
import { version } from '../version';
import { checkMetrics, countNotes, needLogits } from './check-metrics';
import { type CollectOptions, collect } from './collect';
import type { FeatureSet } from './feature-set';
import { ImageRange } from './image-range';
import type { ImageSource } from './image-source';
import { measure } from './measure';
import type { ImageMetric } from './names';
import type { RealImages } from './real-images';

/** What {@link evaluate} is told. */
export interface EvaluateOptions
  extends Pick<CollectOptions, 'onProgress' | 'signal' | 'onImages' | 'group'> {
  readonly real: RealImages;
  /** The images to be judged. */
  readonly fake: ImageSource;
  readonly metrics: readonly ImageMetric[];
  /** Of the random parts that KID and the confidence intervals draw (0). */
  readonly seed?: number;
  /** Told what a user should know: images that are probably not in [−1, 1], too few images for a FID. */
  readonly onNote?: (note: string) => void;
  /** What the protocol should say beside what `real` and `fake` know, e.g. the split. */
  readonly protocol?: Protocol;
}

/** Numbers, with the protocol they were measured by. */
export interface Evaluation {
  readonly metrics: Readonly<Record<string, number>>;
  /** Standard errors, of the metrics that have one; of the Inception Score the standard deviation over its splits, as is usual. */
  readonly errors: Readonly<Record<string, number>>;
  /** What some numbers are made of: `accuracyOfClass`, `fidOfClass`, and of a code `classOfCode`, `purityOfCode` and `assignedClassOfCode`. */
  readonly details?: Details;
  readonly protocol: Protocol;
  /** Where the time went. */
  readonly seconds: Readonly<Record<'features' | 'metrics', number>>;
}

/** An evaluation with the features of the judged images. */
export interface Judged extends Evaluation {
  /** In the images' order; the caller's to dispose. */
  readonly features: FeatureSet;
}

/**
 * Judges images against a data set. They are rounded to 256 levels first, as those of a data set are.
 *
 * Neither the default random generators nor any network notices: it may run between two steps of a training.
 *
 * @throws UsageError where a metric needs more images, logits that the feature network has not, or images made as something that
 *   these are not; GanError `ERR_BAD_FEATURES` naming an image that is not finite
 */
export async function evaluate(options: EvaluateOptions): Promise<Judged> {
  const { real, fake, metrics, seed = 0, onImages, onNote, onProgress, signal, group } = options;
  const { classes } = fake;
  checkMetrics(metrics, { real, count: fake.count, classes });
  const { extractor } = real;
  const range = new ImageRange();
  const start = performance.now();
  const { moments, features, logits } = await collect(fake, {
    extractor,
    features: fake.count,
    device: real.features.device,
    logits: needLogits(metrics),
    quantise: true,
    range,
    task: 'judging images',
    onImages,
    onProgress,
    signal,
    group,
  });
  const middle = performance.now();
  try {
    for (const note of [...range.notes, ...countNotes(metrics, { real, count: fake.count, classes })])
      onNote?.(note);
    const values = scope(() =>
      measure(metrics, {
        real,
        moments,
        features: features.tensor,
        logits: logits?.tensor ?? null,
        classes,
        seed,
      }),
    );
    const seconds = { features: (middle - start) / 1000, metrics: (performance.now() - middle) / 1000 };
    return { ...values, protocol: protocolOf(options), seconds, features };
  } catch (error) {
    features.dispose();
    throw error;
  } finally {
    moments.dispose();
    logits?.dispose();
  }
}

/** Everything that figures depend on, beside the weights that are judged. */
function protocolOf({ real, fake, seed = 0, protocol }: EvaluateOptions): Protocol {
  const { dataset, extractor, hash, count } = real;
  return {
    features: extractor.name,
    featuresSha256: extractor.sha256,
    resize: extractor.resize,
    real: dataset.name,
    realSha256: hash,
    realCount: count,
    fakeCount: fake.count,
    seed,
    levels: 256,
    ...fake.protocol,
    ...protocol,
    version,
  };
}
