import { UsageError } from '../errors';
import type { StyleNetwork } from '../nn/style-network';
import { requireLayers, type StyleTruncation, truncationWords } from '../style/truncate';

/** Fewer odd images, and less variety, by what the model can do. */
export interface TruncationOptions {
  /**
   * Of a model with an intermediate latent w: how much of the way from its mean w keeps, ψ (1). Of others: normal numbers of latents beyond ± this
   * are drawn anew (none).
   */
  readonly truncation?: number;
  /** The layers, from the first on, whose w is drawn to the mean, where there is a w (all). */
  readonly truncationLayers?: number;
}

/** Which of a model's numbers a truncation is of: at most one of the two. */
export interface Truncation {
  /** Of the normal numbers of latents: within ± this. */
  readonly latents?: number;
  /** Of w. */
  readonly styles?: StyleTruncation;
}

/**
 * What a truncation means to a model.
 *
 * @param network what makes its images, where that has a w; null for others
 * @throws UsageError for layers of a model without w, without a truncation, or that there are not, and for one of latents that is below 0 or not finite
 */
export function truncationOf(
  network: StyleNetwork | null,
  { truncation, truncationLayers: layers }: TruncationOptions,
): Truncation {
  if (layers !== undefined && !network)
    throw new UsageError(
      'truncationLayers is of models with an intermediate latent w, but this one has none: leave it out',
    );
  if (layers !== undefined && truncation === undefined)
    throw new UsageError(
      'truncationLayers says where truncation is, but there is none: give both, or leave truncationLayers out',
    );
  if (truncation === undefined) return {};
  if (!network && !(truncation >= 0 && Number.isFinite(truncation)))
    throw new UsageError(
      `truncation expected a finite number of at least 0, beyond which latents are drawn anew, but received ${truncation}`,
    );
  if (!network) return { latents: truncation };
  if (layers !== undefined) requireLayers(network, layers);
  return { styles: { psi: truncation, layers } };
}

/** A truncation as protocols say it: `none`, `±0.7`, or `ψ 0.7 in w`. */
export function describeTruncation(network: StyleNetwork | null, options: TruncationOptions): string {
  const { latents, styles } = truncationOf(network, options);
  if (network && styles) return truncationWords(network, styles);
  return latents === undefined ? 'none' : `±${latents}`;
}
