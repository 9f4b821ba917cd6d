import { noGrad } from '../tensor/autograd';
import { zeros } from '../tensor/create';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import { spans } from './distances';
import { requireFeatures } from './feature-set';
import { deviationOf, meanOf } from './statistics';

/** How far images are from each other, with the standard error. */
export interface Diversity {
  readonly mean: number;
  readonly error: number;
}

const CHUNK = 4096;

/**
 * How different images are from each other: the mean of ‖u_i − u_j‖² over all pairs i ≠ j, u the feature vectors [N, d] at unit
 * length, as LPIPS (Zhang et al. 2018) compares two images. 0 for a generator that always makes one image, 2 for
 * features at right angles. Judge it beside that of as many real images; noise is diverse, too.
 *
 * All N (N − 1) pairs are covered by sums, in float64: Σ_j ‖u_i − u_j‖² = N ‖u_i‖² + Σ_j ‖u_j‖² − 2 u_i · Σ_j u_j.
 *
 * @throws UsageError for fewer than two images
 * @throws GanError `ERR_BAD_FEATURES` for NaN or infinity, naming the row
 */
export function pairwiseDiversity(features: Tensor): Diversity {
  requireFeatures('pairwiseDiversity', features, { atLeast: 2 });
  const [count, dimensions] = features.shape;
  const chunks = spans(count, CHUNK);
  return noGrad(() =>
    scope(() => {
      const sum = zeros([dimensions], { dtype: 'float64', device: features.device });
      const squares = zeros([], { dtype: 'float64', device: features.device });
      for (const chunk of chunks)
        scope(() => {
          const units = unitVectors(features.narrow(0, chunk));
          sum.add_(units.sum(0));
          squares.add_(units.square().sum());
        });
      const contributions = chunks.flatMap((chunk) =>
        scope(() => {
          const units = unitVectors(features.narrow(0, chunk));
          const near = units.mul(sum).sum(1).mul(-2);
          const each = units
            .square()
            .sum(1)
            .mul(count)
            .add(near)
            .add(squares)
            .div(count - 1);
          return Array.from(each.toTypedArray(), Number);
        }),
      );
      // Each pair belongs to two images, which doubles what an image does to the mean.
      const error = (2 * deviationOf(contributions, { correction: 1 })) / Math.sqrt(count);
      return { mean: meanOf(contributions), error };
    }),
  );
}

/** Rows [N, d] in float64 at unit length; rows of zeros stay. */
export function unitVectors(rows: Tensor): Tensor {
  const vectors = rows.double();
  const lengths = vectors.norm({ dim: 1, keepdim: true });
  return vectors.div(lengths.where(lengths.gt(0), 1));
}
