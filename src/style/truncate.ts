import { numberBetween } from '../check';
import { UsageError } from '../errors';
import type { StyleNetwork } from '../nn/style-network';
import { cat } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';

/** How far w is drawn towards its mean. */
export interface StyleTruncation {
  /** ψ: 1 leaves w as it is, 0 makes all of them the mean, below 0 they are opposite ones. */
  readonly psi: number;
  /** The first so many layers only: those that decide on pose and shape (all). */
  readonly layers?: number;
}

/** A {@link StyleTruncation} whose ψ may be a tensor without dimensions. */
export interface TensorTruncation extends Omit<StyleTruncation, 'psi'> {
  readonly psi: number | Tensor;
}

/**
 * The truncation trick in w (Karras et al. 2019): w̄ + ψ · (w − w̄) with the mean w̄ of the training, for styles [N, L, s]. Images get more
 * usual, and less various, the smaller ψ is.
 *
 * @throws UsageError for a ψ that is not finite, or more layers than there are
 */
export function truncateStyles(
  network: Pick<StyleNetwork, 'styleLayers' | 'meanStyle'>,
  styles: Tensor,
  { psi, layers = network.styleLayers }: TensorTruncation,
): Tensor {
  if (typeof psi === 'number') numberBetween('truncateStyles', 'psi', psi);
  requireLayers(network, layers);
  const { styleLayers, meanStyle } = network;
  const first = meanStyle.lerp(styles.narrow(1, { start: 0, length: layers }), psi);
  if (layers === styleLayers) return first;
  return cat([first, styles.narrow(1, { start: layers, length: styleLayers - layers })], 1);
}

/** @throws UsageError unless a network has so many layers that take a w */
export function requireLayers({ styleLayers }: Pick<StyleNetwork, 'styleLayers'>, layers: number): void {
  if (Number.isInteger(layers) && layers >= 1 && layers <= styleLayers) return;
  throw new UsageError(
    `truncationLayers expected a whole number from 1 to ${styleLayers}, the layers of this model, but received ${layers}`,
  );
}

/** {@link StyleTruncation} in words, for protocols: `ψ 0.7 in w, first 4 of 8 layers`. */
export function truncationWords(
  { styleLayers }: Pick<StyleNetwork, 'styleLayers'>,
  { psi, layers = styleLayers }: StyleTruncation,
): string {
  return `ψ ${psi} in w${layers === styleLayers ? '' : `, first ${layers} of ${styleLayers} layers`}`;
}
