import { UsageError } from '../errors';
import type { Tensor } from '../tensor/tensor';
import { bootstrapMean } from './bootstrap';
import { pairwiseDiversity } from './diversity';
import { frechetDistance } from './frechet';
import { frechetError } from './frechet-error';
import { inceptionScore } from './inception-score';
import { kernelDistance } from './kernel-distance';
import { manifoldMetrics } from './manifold';
import type { FeatureMoments } from './moments';
import type { MetricName } from './names';
import type { RealImages } from './real-images';

/** What metrics are computed from. */
export interface Measurable {
  readonly real: RealImages;
  readonly moments: FeatureMoments;
  /** float32 [N, d] of the judged images. */
  readonly features: Tensor;
  /** float32 [N, k]; null where no metric needs them. */
  readonly logits: Tensor | null;
  readonly seed: number;
}

/** Values and standard errors by name. */
export interface Measures {
  readonly metrics: Readonly<Record<string, number>>;
  readonly errors: Readonly<Record<string, number>>;
}

/** A number, and its standard error where one is known. */
interface Measured {
  readonly value: number;
  readonly error?: number;
}

/** Enough for two digits of a standard error. */
const RESAMPLES = 200;

/** The larger k of precision, recall, density and coverage. */
const NEIGHBOURS = 5;

const MEASURES: Readonly<Record<MetricName, (input: Measurable) => Readonly<Record<string, Measured>>>> = {
  fid: ({ real, moments, features }) => ({
    fid: {
      value: frechetDistance(real.moments, moments),
      // Of the judged images: the real ones are the same in every evaluation by this protocol.
      error: frechetError({ moments: real.moments }, { moments, features }),
    },
  }),
  kid({ real, features, seed }) {
    const { mean, error } = kernelDistance({ real: real.features, fake: features }, { seed });
    return { kid: { value: mean, error } };
  },
  is({ logits }) {
    if (!logits) throw new UsageError('is expected logits but received none');
    const { mean, std } = inceptionScore(logits);
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
};

/** Figures of neighbourhoods depend on the counts: as many real images as there are others. */
function sameCount(real: Tensor, features: Tensor): Tensor {
  return real.narrow(0, { start: 0, length: Math.min(real.shape[0], features.shape[0]) });
}

/** The fewest images that a metric is defined for. */
const LEAST: Readonly<Record<MetricName, number>> = { fid: 2, kid: 2, is: 10, prdc: 6, diversity: 2 };

/**
 * Checks that metrics can be computed, before the work begins.
 *
 * @throws UsageError for too few images, naming the minimum, or a feature network without classes
 */
export function checkMetrics(
  metrics: readonly MetricName[],
  { real, count }: { readonly real: RealImages; readonly count: number },
): void {
  for (const name of metrics) {
    const least = LEAST[name];
    const fewer = Math.min(count, real.features.shape[0]);
    if (fewer < least)
      throw new UsageError(
        `${name} needs at least ${least} generated and real images but there are ${count} and ${real.features.shape[0]}`,
      );
    if (name === 'is' && real.extractor.classes === 0)
      throw new UsageError(
        `is needs a feature network with classes but ${real.extractor.name} has none: leave is out, or use another network`,
      );
  }
}

/** Computes metrics, in their order; inside a scope. */
export function measure(metrics: readonly MetricName[], input: Measurable): Measures {
  const measured = metrics.flatMap((name) => Object.entries(MEASURES[name](input)));
  const errors = measured.flatMap(([name, { error }]) =>
    error === undefined ? [] : [[name, error] as const],
  );
  return {
    metrics: Object.fromEntries(measured.map(([name, { value }]) => [name, value])),
    errors: Object.fromEntries(errors),
  };
}
