import { UsageError } from '../errors';
import type { StyleNetwork } from '../nn/style-network';
import { eye, zeros } from '../tensor/create';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';

/** Where w lies, by a sample of it; float64, in the caller's scope. */
export interface StyleStatistics {
  /** [s] */
  readonly mean: Tensor;
  /** [s, s] */
  readonly covariance: Tensor;
  /** √E‖w − mean‖²: how far from its mean w is, all numbers together. */
  readonly spread: number;
}

/** Latents that statistics are usually taken of. */
export const STYLE_SAMPLE = 10_000;

/** Latents that are mapped at once. */
const CHUNK = 1_000;

/**
 * Mean and covariance of the w of latents [N, z].
 *
 * @throws UsageError for fewer than two latents
 */
export function styleStatistics(
  network: Pick<StyleNetwork, 'map' | 'styleSize'>,
  latents: Tensor,
): StyleStatistics {
  const [count] = latents.shape;
  if (!(count >= 2))
    throw new UsageError(`styleStatistics expected at least two latents but received ${count}`);
  return scope(() => {
    const { styleSize } = network;
    const place = { device: latents.device, dtype: 'float64' } as const;
    const [sum, squares] = [zeros([styleSize], place), zeros([styleSize, styleSize], place)];
    for (const chunk of latents.split(CHUNK))
      scope(() => {
        const styles = network.map(chunk).double();
        sum.add_(styles.sum(0));
        squares.add_(styles.t().mm(styles));
      });
    const mean = sum.div(count);
    const covariance = squares.div(count).sub(mean.unsqueeze(1).mul(mean.unsqueeze(0)));
    const trace = covariance.mul(eye(styleSize, place)).sum().item();
    return { mean, covariance, spread: Math.sqrt(Math.max(0, trace)) };
  });
}
