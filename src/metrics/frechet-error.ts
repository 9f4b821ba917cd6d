import { noGrad } from '../tensor/autograd';
import { singularDecomposition } from '../tensor/linalg';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import { spans } from './distances';
import { requireCount, requireFeatures } from './feature-set';
import { factor } from './frechet';
import type { Moments } from './moments';
import { deviationOf } from './statistics';

/** A set's moments and, where they are at hand, the features [N, d] they are of. */
export interface FrechetSample {
  readonly moments: Moments;
  /** Left out, the set counts as fixed: the error is then that of drawing the other one. */
  readonly features?: Tensor;
}

const CHUNK = 4096;

/**
 * The standard error of `frechetDistance(a, b)`: how much another draw of as many images would change it. By the
 * infinitesimal jackknife (Jaeckel 1972), the bootstrap's limit, at the price of one more distance instead of hundreds.
 *
 * To first order an image y of b adds ψ(y) / N, ψ(y) = −2 (μ_a − μ_b)·(y − μ_b) + (y − μ_b)ᵀ (I − T) (y − μ_b), where
 * T = √A (√A B √A)^−½ √A takes b onto a; the error is the deviation of ψ over √N, for both sets together the root of the sum of squares.
 * It tells nothing of the bias that few images have.
 *
 * @throws UsageError below two images a set, or for features that are not those of the moments
 * @throws GanError `ERR_BAD_FEATURES` for NaN or infinity, naming the row
 */
export function frechetError(a: FrechetSample, b: FrechetSample): number {
  for (const { moments } of [a, b]) requireCount('frechetError', moments.count, 2);
  return noGrad(() =>
    scope(() => {
      const means = [a.moments.mean, b.moments.mean];
      for (const { features } of [a, b])
        if (features)
          requireFeatures('frechetError', features, { atLeast: 2, dimensions: means[0].shape[0] });
      const roots = [a, b].map(({ moments }) => factor(moments.covariance));
      const { left, values, rightTransposed } = singularDecomposition(roots[0].matmul(roots[1].t()));
      const noise = means[0].shape[0] * Number.EPSILON * values.max().item();
      const inverseRoots = values.rsqrt().where(values.gt(noise), 0).unsqueeze(1);
      // T = HᵀH
      const ontoA = inverseRoots.mul(left.t()).matmul(roots[0]);
      const ontoB = inverseRoots.mul(rightTransposed).matmul(roots[1]);
      const shift = means[0].sub(means[1]);
      return Math.hypot(
        a.features ? errorOf(a.features, { mean: means[0], shift: shift.neg(), transport: ontoB }) : 0,
        b.features ? errorOf(b.features, { mean: means[1], shift, transport: ontoA }) : 0,
      );
    }),
  );
}

/** The deviation of ψ over √N, for a set's features, with H of T = HᵀH. */
function errorOf(
  features: Tensor,
  { mean, shift, transport }: { readonly mean: Tensor; readonly shift: Tensor; readonly transport: Tensor },
): number {
  const count = features.shape[0];
  const influence = spans(count, CHUNK).flatMap((span) =>
    scope(() => {
      const centred = features.narrow(0, span).double().sub(mean);
      const linear = centred.mul(shift).sum(1).mul(-2);
      const quadratic = centred.square().sum(1).sub(centred.matmul(transport.t()).square().sum(1));
      return Array.from(linear.add(quadratic).toTypedArray(), Number);
    }),
  );
  return deviationOf(influence) / Math.sqrt(count);
}
