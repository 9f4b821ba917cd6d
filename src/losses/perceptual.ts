import { UsageError } from '../errors';
import type { Tensor } from '../tensor/tensor';
import { l1 } from './reconstruction';
import { total } from './total';

/**
 * A perceptual loss (Johnson et al. 2016; before the activation as in Wang et al. 2018): the sum over layers of mean |f − g|, f and g the maps
 * that a network which stays as it is makes of images and of what they should be. No gradient reaches the latter.
 *
 * @throws UsageError for no layers, or lists of different lengths
 */
export function perceptualDistance(maps: readonly Tensor[], wanted: readonly Tensor[]): Tensor {
  if (maps.length === 0 || maps.length !== wanted.length)
    throw new UsageError(
      `perceptualDistance expected as many maps of the images as of what they should be, at least one, but received ${maps.length} and ${wanted.length}`,
    );
  return total(...maps.map((map, layer) => l1(map, wanted[layer].detach())));
}
