import { UsageError } from '../errors';
import type { Details } from '../report/evaluations';
import type { Tensor } from '../tensor/tensor';
import { authenticity } from './authenticity';
import { bootstrapMean } from './bootstrap';
import { codePurity, labelAccuracy } from './class-agreement';
import { classFrechet } from './class-frechet';
import { pairwiseDiversity } from './diversity';
import { frechetDistance } from './frechet';
import { frechetError } from './frechet-error';
import type { ImageSource } from './image-source';
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
  'intra-fid'({ real, features, classes }) {
    const { ofImages, count } = given('intra-fid', classes);
    const { mean, error, ofClass } = classFrechet(
      {
        real: { features: real.features, labels: given('intra-fid', real.labels) },
        fake: { features, labels: ofImages },
      },
      { classes: count },
    );
    return {
      intraFid: { value: mean, ...(error !== null && { error }), details: { fidOfClass: ofClass } },
    };
  },
  authenticity({ real, features }) {
    const { mean, error } = authenticity({ real: real.features, fake: features });
    return { authenticity: { value: mean, error } };
  },
};

/** Whether real images are too few for a covariance of full rank. */
function isSingular({ count, extractor }: RealImages): boolean {
  return count <= extractor.dimensions;
}

/** What `checkMetrics` has made sure of. */
function given<T>(metric: ImageMetric, value: T | null | undefined): T {
  if (value !== null && value !== undefined) return value;
  throw new UsageError(`${metric} expected logits and what images were made as but received none`);
}

/** Figures of neighbourhoods depend on the counts: as many real images as there are others. */
function sameCount(real: Tensor, features: Tensor): Tensor {
  return real.narrow(0, { start: 0, length: Math.min(real.shape[0], features.shape[0]) });
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
