import { argumentError } from '../check';
import type { Tensor } from '../tensor/tensor';

/** Added to squared norms, so that a pixel without features has a gradient. */
const EPS = 1e-8;

/**
 * How far images are from others in the features of a network (Zhang et al. 2018, LPIPS, with all its learned weights 1): at each pixel of each
 * layer's map the features are scaled to norm 1, f̂ = f / √(Σ f² + 1e-8) over channels; d = Σ over layers of the mean over pixels of
 * ‖f̂ − ĝ‖². Each layer gives 0 (equal) to 4; to 2 where features are not negative. It can be differentiated.
 *
 * @param features a map [N, C, h, w] for each layer, of the images
 * @param others the same layers' maps of what they are compared with
 * @returns each image's distance [N], in the maps' dtype
 * @throws UsageError for no layers, and for maps of different shapes or that have not four dimensions
 */
export function featureDistance(features: readonly Tensor[], others: readonly Tensor[]): Tensor {
  if (features.length === 0 || features.length !== others.length)
    throw argumentError(
      'featureDistance',
      `as many maps of the others as of the images (${features.length}), at least one`,
      others.length,
    );
  const layers = features.map((map, layer) => layerDistance(map, others[layer], layer));
  return layers.reduce((sum, distance) => sum.add(distance));
}

function layerDistance(map: Tensor, other: Tensor, layer: number): Tensor {
  if (map.dim !== 4)
    throw argumentError('featureDistance', `map ${layer} to be [N, C, h, w]`, [...map.shape]);
  if (`${map.shape}` !== `${other.shape}`)
    throw argumentError('featureDistance', `map ${layer} of the others to be [${map.shape.join(', ')}]`, [
      ...other.shape,
    ]);
  return unit(map).sub(unit(other)).square().sum(1).mean([1, 2]);
}

/** With features of norm 1 at each pixel. */
function unit(map: Tensor): Tensor {
  return map.mul(map.square().sum(1, { keepdim: true }).add(EPS).rsqrt());
}
