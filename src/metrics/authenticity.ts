import { noGrad } from '../tensor/autograd';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import { requireCount, requirePair } from './feature-set';
import { nearestNeighbours } from './nearest-neighbours';
import { errorOfMean, meanOf } from './statistics';

/** How many images are no near copies of training images, with the standard error. */
export interface Authenticity {
  /** The share of them, from 0 to 1. */
  readonly mean: number;
  readonly error: number;
}

/**
 * Authenticity (Alaa et al. 2022, "How Faithful is your Synthetic Data?"): the share of fake images that are farther from the training image
 * nearest to them, r, than r is from the nearest other training image; by features [M, d] and [N, d]. 0 for a model that gives its training images
 * back. New images of the same kind are in the middle, not at 1, so judge it beside that of images which were held out; what looks like nothing
 * in the data is authentic, too. Near copies are told by the features: it depends on them, and on the number of training images. `real` are those that
 * the model learned from, all of them where that can be had.
 *
 * @throws UsageError for fewer than two training images, no fake ones, or features of different lengths
 * @throws GanError `ERR_BAD_FEATURES` for NaN or infinity, naming the row
 */
export function authenticity({ real, fake }: { readonly real: Tensor; readonly fake: Tensor }): Authenticity {
  requirePair('authenticity', [real, fake], 1);
  requireCount('authenticity', real.shape[0], 2);
  return noGrad(() =>
    scope(() => {
      const { distances, indices } = nearestNeighbours({ queries: fake, references: real }, { k: 1 });
      const nearest = real.indexSelect(0, indices.flatten());
      // The nearest one is the training image itself.
      const others = nearestNeighbours({ queries: nearest, references: real }, { k: 2 });
      const far = distances.select(1, 0).gt(others.distances.select(1, 1));
      const shares = Array.from(far.float().toTypedArray(), Number);
      return { mean: meanOf(shares), error: errorOfMean(shares) };
    }),
  );
}
