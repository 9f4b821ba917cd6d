import { UsageError } from '../errors';
import type { StyleNetwork } from '../nn/style-network';
import type { Tensor } from '../tensor/tensor';

/**
 * A w for each layer [N, L, s]: one w [N, s] is that of all layers, what has layers stays as it is.
 *
 * @throws UsageError for styles of another shape than the network's
 */
export function perLayer(
  { styleLayers, styleSize }: Pick<StyleNetwork, 'styleLayers' | 'styleSize'>,
  styles: Tensor,
): Tensor {
  const [count, ...rest] = styles.shape;
  if (count > 0 && String(rest) === String([styleLayers, styleSize])) return styles;
  if (count > 0 && String(rest) === String([styleSize]))
    return styles.unsqueeze(1).expand([count, styleLayers, styleSize]);
  throw new UsageError(
    `styles expected [N, ${styleSize}], or [N, ${styleLayers}, ${styleSize}] with one for each layer, but received [${styles.shape.join(', ')}]: are they of another model?`,
  );
}
