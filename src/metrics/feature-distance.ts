import { argumentError } from '../check';
import { adaptiveAvgPool2d } from '../tensor/functional';
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
 * @param masks [N, 1, H, W] of the images, 1 where they count and 0 elsewhere: pixels of a map weigh as much as of them is marked (all alike)
 * @returns each image's distance [N], in the maps' dtype
 * @throws UsageError for no layers, and for maps of different shapes or that have not four dimensions
 */
export function featureDistance(
  features: readonly Tensor[],
  others: readonly Tensor[],
  masks?: Tensor,
): Tensor {
  if (features.length === 0 || features.length !== others.length)
    throw argumentError(
      'featureDistance',
      `as many maps of the others as of the images (${features.length}), at least one`,
      others.length,
    );
  const layers = features.map((map, layer) => layerDistance({ map, other: others[layer], masks }, layer));
  return layers.reduce((sum, distance) => sum.add(distance));
}

interface Layer {
  readonly map: Tensor;
  readonly other: Tensor;
  readonly masks?: Tensor;
}

function layerDistance({ map, other, masks }: Layer, layer: number): Tensor {
  if (map.dim !== 4)
    throw argumentError('featureDistance', `map ${layer} to be [N, C, h, w]`, [...map.shape]);
  if (`${map.shape}` !== `${other.shape}`)
    throw argumentError('featureDistance', `map ${layer} of the others to be [${map.shape.join(', ')}]`, [
      ...other.shape,
    ]);
  const distances = unit(map).sub(unit(other)).square().sum(1);
  if (!masks) return distances.mean([1, 2]);
  const [, , height, width] = map.shape;
  const weights = adaptiveAvgPool2d(masks.to({ dtype: map.dtype }), [height, width]).squeeze(1);
  return distances
    .mul(weights)
    .sum([1, 2])
    .div(weights.sum([1, 2]));
}

/** With features of norm 1 at each pixel. */
function unit(map: Tensor): Tensor {
  return map.mul(map.square().sum(1, { keepdim: true }).add(EPS).rsqrt());
}
