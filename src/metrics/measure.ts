import { UsageError } from '../errors';
import type { Details } from '../report/evaluations';
import type { Tensor } from '../tensor/tensor';
import { bootstrapMean } from './bootstrap';
import { codePurity, labelAccuracy } from './class-agreement';
import { pairwiseDiversity } from './diversity';
import { frechetDistance } from './frechet';
import { frechetError } from './frechet-error';
import type { ImageClasses, ImageSource } from './image-source';
import { inceptionScore } from './inception-score';
import { kernelDistance } from './kernel-distance';
import { manifoldMetrics } from './manifold';
import type { FeatureMoments } from './moments';
import type { ImageMetric } from './names';
import type { RealImages } from './real-images';

/** What metrics are computed from. */
export interface Measurable {
  readonly real: RealImages;
  readonly moments: FeatureMoments;
  /** float32 [N, d] of the judged images. */
  readonly features: Tensor;
  /** float32 [N, k]; null where no metric needs them. */
  readonly logits: Tensor | null;
  /** What the judged images were made as, where that is known. */
  readonly classes?: ImageSource['classes'];
  readonly seed: number;
}

/** Values and standard errors by name. */
export interface Measures {
  readonly metrics: Readonly<Record<string, number>>;
  readonly errors: Readonly<Record<string, number>>;
  /** What some numbers are made of, e.g. the accuracy of each class; null where there is none. */
  readonly details?: Details;
}

/** A number, and its standard error where one is known. */
export interface Measured {
  readonly value: number;
  readonly error?: number;
  /** Lists that belong to it, by their names. */
  readonly details?: Details;
}

/** Enough for two digits of a standard error. */
const RESAMPLES = 200;

/** The larger k of precision, recall, density and coverage. */
const NEIGHBOURS = 5;

const MEASURES: Readonly<Record<ImageMetric, (input: Measurable) => Readonly<Record<string, Measured>>>> = {
  fid: ({ real, moments, features }) => ({
    fid: {
      value: frechetDistance(real.moments, moments),
      // Of the judged images: the real ones are the same in every evaluation by this protocol. Where they are too few for
      // the covariance to be known at all, an error bar of the others alone would promise digits that nobody has.
      ...(!isSingular(real) && { error: frechetError({ moments: real.moments }, { moments, features }) }),
    },
  }),
  kid({ real, features, seed }) {
    const { mean, error } = kernelDistance({ real: real.features, fake: features }, { seed });
    return { kid: { value: mean, error } };
  },
  is({ logits }) {
    const { mean, std } = inceptionScore(given('is', logits));
    return { is: { value: mean, error: std } };
  },
  prdc({ real, features, seed }) {
    const same = sameCount(real.features, features);
    const realDistances = real.neighbourDistances(same.shape[0], NEIGHBOURS);
    const { contributions, ...figures } = manifoldMetrics({ real: same, fake: features }, { realDistances });
    const measured = Object.entries(contributions).map(([name, values]) => {
      const { error } = bootstrapMean(values, { seed, resamples: RESAMPLES });
      return [name, { value: figures[name as keyof typeof figures], error }] as const;
    });
    return Object.fromEntries(measured);
  },
  diversity({ real, features }) {
    const sets = { diversity: features, realDiversity: sameCount(real.features, features) };
    const measured = Object.entries(sets).map(([name, set]) => {
      const { mean, error } = pairwiseDiversity(set);
      return [name, { value: mean, error }] as const;
    });
    return Object.fromEntries(measured);
  },
  accuracy({ logits, classes }) {
    const { ofImages } = given('accuracy', classes);
    const { mean, error, ofClass } = labelAccuracy(given('accuracy', logits), ofImages);
    return { accuracy: { value: mean, error, details: { accuracyOfClass: ofClass } } };
  },
  purity({ logits, classes }) {
    const { ofImages, count } = given('purity', classes);
    const found = codePurity(given('purity', logits), { given: ofImages, values: count });
    const { purity, error, mutualInformation, classOfValue, purityOfValue } = found;
    const details = { classOfCode: classOfValue, purityOfCode: purityOfValue };
    return {
      purity: { value: purity, error, details },
      nmi: { value: mutualInformation },
      assigned: {
        value: found.assigned,
        error: found.assignedError,
        details: { assignedClassOfCode: found.assignedClassOfValue },
      },
    };
  },
};

/** Whether real images are too few for a covariance of full rank. */
function isSingular({ count, extractor }: RealImages): boolean {
  return count <= extractor.dimensions;
}

/** What {@link checkMetrics} has made sure of. */
function given<T>(metric: ImageMetric, value: T | null | undefined): T {
  if (value !== null && value !== undefined) return value;
  throw new UsageError(`${metric} expected logits and what images were made as but received none`);
}

/** Figures of neighbourhoods depend on the counts: as many real images as there are others. */
function sameCount(real: Tensor, features: Tensor): Tensor {
  return real.narrow(0, { start: 0, length: Math.min(real.shape[0], features.shape[0]) });
}

/** The fewest images that a metric is defined for. */
const LEAST: Readonly<Record<ImageMetric, number>> = {
  fid: 2,
  kid: 2,
  is: 10,
  prdc: 6,
  diversity: 2,
  accuracy: 2,
  purity: 2,
};

/** Those that read what the feature network takes images for. */
const NEED_LOGITS: readonly ImageMetric[] = ['is', 'accuracy', 'purity'];

/** Whether any of the metrics reads logits. */
export function needLogits(metrics: readonly ImageMetric[]): boolean {
  return metrics.some((name) => NEED_LOGITS.includes(name));
}

/** What is known before images are judged. */
export interface Judgeable {
  readonly real: RealImages;
  /** Images to judge. */
  readonly count: number;
  /** What they are made as, where that is known. */
  readonly classes?: ImageClasses;
}

/**
 * Checks that metrics can be computed, before the work begins.
 *
 * @throws UsageError for too few images, naming the minimum; a feature network without classes, or with others than the images;
 *   images that were made as nothing, or as something else than the metric asks for
 */
export function checkMetrics(metrics: readonly ImageMetric[], judgeable: Judgeable): void {
  const { real, count } = judgeable;
  const { extractor } = real;
  for (const name of metrics) {
    const least = LEAST[name];
    const fewer = Math.min(count, real.features.shape[0]);
    if (fewer < least)
      throw new UsageError(
        `${name} needs at least ${least} generated and real images but there are ${count} and ${real.features.shape[0]}`,
      );
    if (NEED_LOGITS.includes(name) && extractor.classes === 0)
      throw new UsageError(
        `${name} needs a feature network with classes but ${extractor.name} has none: leave ${name} out, or use another network`,
      );
  }
  if (metrics.includes('accuracy')) checkLabels(judgeable);
  if (metrics.includes('purity')) checkCode(judgeable);
}

/** Sentences for a user about metrics of too few images, which can be computed but say little. */
export function countNotes(
  metrics: readonly ImageMetric[],
  { real, count }: Pick<Judgeable, 'real' | 'count'>,
): readonly string[] {
  if (!metrics.includes('fid')) return [];
  const { dimensions, name } = real.extractor;
  const counts = { real: real.count, judged: count };
  return Object.entries(counts).flatMap(([kind, images]) =>
    images > dimensions
      ? []
      : [
          `fid of ${images} ${kind} images by the ${dimensions} features of ${name} is far too high, and only for comparing with figures of as many: more than ${dimensions} are needed for a covariance${kind === 'real' ? ', and no error is given' : ''}`,
        ],
  );
}

function checkLabels({ real, classes }: Judgeable): void {
  if (classes?.kind === 'code')
    throw new UsageError(
      'accuracy needs images made with labels but those of this model are made with a code that it gave a meaning itself: try purity',
    );
  if (!classes)
    throw new UsageError('accuracy needs images made with labels but these have none: leave accuracy out');
  const { name, classes: known } = real.extractor;
  if (known !== classes.count)
    throw new UsageError(
      `accuracy needs a feature network of the ${classes.count} classes that images are made with but ${name} has ${known}: use another network`,
    );
}

function checkCode({ classes }: Judgeable): void {
  if (classes?.kind === 'code') return;
  throw new UsageError(
    classes
      ? 'purity needs a categorical code that is no label but these images are made with labels: try accuracy'
      : 'purity needs images made with a categorical code but these have none: leave purity out',
  );
}

/** Computes metrics, in their order; inside a scope. */
export function measure(metrics: readonly ImageMetric[], input: Measurable): Measures {
  return measures(metrics.flatMap((name) => Object.entries(MEASURES[name](input))));
}

/** Numbers by name as values, errors and details. */
export function measures(measured: readonly (readonly [string, Measured])[]): Measures {
  const errors = measured.flatMap(([name, { error }]) =>
    error === undefined ? [] : [[name, error] as const],
  );
  const details = measured.flatMap(([, own]) => Object.entries(own.details ?? {}));
  return {
    metrics: Object.fromEntries(measured.map(([name, { value }]) => [name, value])),
    errors: Object.fromEntries(errors),
    ...(details.length > 0 && { details: Object.fromEntries(details) }),
  };
}
