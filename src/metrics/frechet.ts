import { argumentError } from '../check';
import { hasCode } from '../errors';
import { noGrad } from '../tensor/autograd';
import { cholesky, singularValues, symmetricEigen } from '../tensor/linalg';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import { requireCount } from './feature-set';
import type { Moments } from './moments';

/**
 * The Fréchet distance of two normal distributions with the given moments (Fréchet 1957; FID, Heusel et al. 2017):
 * ‖μ_a − μ_b‖² + tr(A + B − 2 (√A B √A)^½), in float64.
 *
 * With any factors A = FᵀF, the eigenvalues of √A B √A are the squares of the singular values of F_A F_Bᵀ, so the trace of its
 * root is their sum. Taking them from F_A F_Bᵀ keeps 16 digits where the eigenvalues themselves would keep 8: with fewer images
 * than dimensions most of them are 0, and the root of a rounding error of 10⁻¹⁶ is 10⁻⁸. The factors come from Cholesky's
 * decomposition, or, where a covariance is singular or nearly so, from its eigenvectors, F = Λ^½Vᵀ; eigenvalues below 0,
 * or not distinguishable from it, count as 0.
 *
 * The distance depends on the number of images (Chong & Forsyth 2020): compare figures of equal counts only.
 *
 * @throws UsageError below two images a set, or for moments of different dimensions
 */
export function frechetDistance(a: Moments, b: Moments): number {
  for (const { count } of [a, b]) requireCount('frechetDistance', count, 2);
  return noGrad(() =>
    scope(() => {
      const [means, covariances] = [
        [a.mean, b.mean],
        [a.covariance, b.covariance],
      ];
      if (means[0].shape[0] !== means[1].shape[0])
        throw argumentError(
          'frechetDistance',
          `moments of ${means[0].shape[0]} dimensions`,
          means[1].shape[0],
        );
      const shift = means[0].sub(means[1]).square().sum().item();
      const [spreadA, spreadB] = covariances.map((matrix) => diagonal(matrix).sum().item());
      const [rootA, rootB] = covariances.map((matrix) => factor(matrix));
      const overlap = singularValues(rootA.matmul(rootB.t())).sum().item();
      // Rounding may leave a set with itself a little below 0.
      return Math.max(0, shift + spreadA + spreadB - 2 * overlap);
    }),
  );
}

/** F [d, d] with FᵀF the symmetric matrix of the argument, whose eigenvalues below rounding become 0. */
export function factor(symmetric: Tensor): Tensor {
  return choleskyFactor(symmetric) ?? eigenFactor(symmetric);
}

/** The smallest pivot, in parts of the largest, with which Cholesky's decomposition is trusted. */
const LEAST_PIVOT = 1e-10;

/** A tenth of the time of {@link eigenFactor}; null where the matrix is not safely positive definite. */
function choleskyFactor(symmetric: Tensor): Tensor | null {
  try {
    return scope(() => {
      const lower = cholesky(symmetric);
      const pivots = diagonal(lower).square();
      return pivots.min().item() > LEAST_PIVOT * pivots.max().item() ? lower.t() : null;
    });
  } catch (error) {
    if (hasCode(error, 'ERR_TORCH')) return null;
    throw error;
  }
}

function eigenFactor(symmetric: Tensor): Tensor {
  const { values, vectors } = symmetricEigen(symmetric);
  const noise = symmetric.shape[0] * Number.EPSILON * values.abs().max().item();
  const roots = values.where(values.gt(noise), 0).sqrt();
  return vectors.mul(roots).t();
}

function diagonal(matrix: Tensor): Tensor {
  const rows = matrix.shape[0];
  return matrix.reshape([rows * rows]).slice(0, { start: 0, end: rows * rows, step: rows + 1 });
}
