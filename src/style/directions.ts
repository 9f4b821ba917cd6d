import { UsageError } from '../errors';
import type { StyleNetwork } from '../nn/style-network';
import { linspace } from '../tensor/create';
import { singularDecomposition, symmetricEigen } from '../tensor/linalg';
import { cat } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';
import { type LayerRange, requireRange } from './mix';
import type { StyleStatistics } from './statistics';

/** Axes of w: orthogonal unit vectors, the most important first. */
export interface Directions {
  /** float32 [K, s] */
  readonly vectors: Tensor;
  /** How important each is, by what found them: float32 [K], descending. */
  readonly importances: Tensor;
}

/**
 * The directions in which w changes the styles most, in closed form (Shen & Zhou 2021): right singular vectors of the weights that turn w
 * into styles, those of all layers one below the other. Importances are their singular values. Nothing is drawn.
 *
 * @throws UsageError for more directions than w has numbers
 */
export function closedFormDirections(
  network: Pick<StyleNetwork, 'styleWeights' | 'styleSize'>,
  count: number,
): Directions {
  requireCount(network.styleSize, count);
  const weights = network.styleWeights().map((weight) => weight.detach().double());
  const { values, rightTransposed } = singularDecomposition(cat(weights));
  return directionsOf(rightTransposed, values, count);
}

/**
 * Principal components of w (Härkönen et al. 2020). Importances are the standard deviations of w along them.
 *
 * @throws UsageError for more directions than w has numbers
 */
export function principalDirections(
  { covariance }: Pick<StyleStatistics, 'covariance'>,
  count: number,
): Directions {
  requireCount(covariance.shape[0], count);
  const { values, vectors } = symmetricEigen(covariance);
  // Eigenvalues ascend, and rounding can make the least of them negative.
  const deviations = values.flip([0]).clamp({ min: 0 }).sqrt();
  return directionsOf(vectors.t().flip([0]), deviations, count);
}

/** The standard deviation of w along each of the directions [K, s]: [K]. */
export function deviationsAlong(
  vectors: Tensor,
  { covariance }: Pick<StyleStatistics, 'covariance'>,
): Tensor {
  const along = vectors.double();
  return along.mm(covariance).mul(along).sum(1).clamp({ min: 0 }).sqrt().float();
}

/** How {@link sweepDirections} moves. */
export interface DirectionSweep {
  /** [K, s] */
  readonly vectors: Tensor;
  /** How long a step of 1 along each is: [K]. */
  readonly lengths: Tensor;
  /** From −reach to reach steps. */
  readonly reach: number;
  /** Places on the way: an odd number has the styles themselves in the middle. */
  readonly columns: number;
  /** The layers that move (all). */
  readonly range?: LayerRange;
}

/**
 * Styles [K · columns, L, s], a row for each direction, that leave those of one image [1, L, s] along it.
 *
 * @throws UsageError for layers that there are not
 */
export function sweepDirections(styles: Tensor, sweep: DirectionSweep): Tensor {
  const { vectors, lengths, reach, columns } = sweep;
  const [, layers, size] = styles.shape;
  const range = sweep.range ?? { first: 1, last: layers };
  requireRange(layers, range);
  const { device } = styles;
  const steps = linspace({ start: -reach, end: reach, steps: columns }, { device });
  const moves = vectors
    .mul(lengths.unsqueeze(1))
    .unsqueeze(1)
    .mul(steps.reshape([1, columns, 1]));
  const count = moves.shape[0] * columns;
  const each = moves.reshape([count, 1, size]).expand([count, layers, size]);
  const all = styles.expand([count, layers, size]);
  const start = range.first - 1;
  const length = range.last - start;
  const moved = all.narrow(1, { start, length }).add(each.narrow(1, { start, length }));
  const after = all.narrow(1, { start: range.last, length: layers - range.last });
  return cat([all.narrow(1, { start: 0, length: start }), moved, after], 1);
}

/** The first rows, with a sign that does not depend on how they were computed: each vector's largest number is positive. */
function directionsOf(rows: Tensor, importances: Tensor, count: number): Directions {
  const first = { start: 0, length: count };
  const vectors = rows.narrow(0, first);
  const largest = vectors.gather(1, vectors.abs().argmax(1).unsqueeze(1));
  return {
    vectors: vectors.mul(largest.sign()).float(),
    importances: importances.narrow(0, first).float(),
  };
}

function requireCount(size: number, count: number): void {
  if (Number.isInteger(count) && count >= 1 && count <= size) return;
  throw new UsageError(
    `count expected a whole number from 1 to ${size}, the numbers of this model’s w, but received ${count}`,
  );
}
