import { UsageError } from '../errors';
import { linearInterpolation } from '../metrics/interpolate';
import type { StyleNetwork } from '../nn/style-network';
import { type LayerRange, laterHalf, mixingGrid } from '../style/mix';
import { perLayer } from '../style/per-layer';
import { STYLE_SAMPLE, type StyleStatistics, styleStatistics } from '../style/statistics';
import { truncateStyles } from '../style/truncate';
import { linspace } from '../tensor/create';
import { scope } from '../tensor/scope';
import { cat } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';
import { evaluating } from './evaluating';
import { type SampledNetworks, seededLatents } from './generated-images';
import { classesOf } from './latent';
import { requireFrames, type WalkOptions } from './latent-paths';
import type { LatentSampler } from './latent-sampler';
import { type TruncationOptions, truncationOf } from './truncation';

/** A trained model whose generator has an intermediate latent w. */
export interface StyledModel extends Pick<SampledNetworks, 'networks' | 'device'> {
  readonly sampler: LatentSampler;
}

/** Whose w are wanted. */
export interface StyleRequest extends TruncationOptions {
  readonly count: number;
  readonly seed: number;
  /** The class of all (drawn evenly). */
  readonly label?: number;
}

/**
 * The styles [N, L, s] of the latents of a seed, those of the images that `sample --seed` draws.
 *
 * @throws UsageError for a model without w, a class or a truncation that it does not have
 */
export function seededStyles(model: StyledModel, { count, seed, label, ...rest }: StyleRequest): Tensor {
  const { sampler, networks, device } = model;
  const network = sampler.styled(networks);
  const { styles: truncation } = truncationOf(network, rest);
  return scope(() => {
    const latents = seededLatents(sampler.latent, { count, seed, label }).to(device);
    const styles = perLayer(network, sampler.mapLatents(networks, latents));
    return truncation ? truncateStyles(network, styles, truncation) : styles.clone();
  });
}

/**
 * Styles [frames, L, s] on the straight line between the w of two seeds: what lies between is as likely as they are, which of latents a great
 * circle alone can say.
 *
 * @throws UsageError for fewer than 2 frames, and what {@link seededStyles} throws
 */
export function walkStyles(
  model: StyledModel,
  { from, to, frames, label, ...truncation }: WalkOptions & TruncationOptions,
): Tensor {
  requireFrames(frames);
  return scope(() => {
    const ofClass = label ?? firstClass(model, from);
    const [start, end] = [from, to].map((seed) =>
      seededStyles(model, { count: 1, seed, label: ofClass, ...truncation }),
    );
    const at = linspace({ start: 0, end: 1, steps: frames }, { device: model.device });
    return linearInterpolation({ from: start, to: end, at: at.reshape([frames, 1, 1]) });
  });
}

/** Images of one side of a mixing grid: so many of the next latents, or the first of each seed. */
export type MixedImages = { readonly count: number } | { readonly seeds: readonly number[] };

/** What {@link mixingStyles} mixes. */
export interface MixOptions extends Omit<StyleRequest, 'count'> {
  readonly rows: MixedImages;
  readonly columns: MixedImages;
  /** The layers that take the w of the column (the later half). */
  readonly range?: LayerRange;
}

/** Styles [N, L, s], and how many of them make a row. */
export interface StyleGrid {
  readonly styles: Tensor;
  readonly columns: number;
}

/**
 * A style-mixing grid (Karras et al. 2019): each image has the w of its row, but in some layers that of its column. The first row and the first
 * column show those as they are, their corner the mean w.
 *
 * @throws UsageError for layers that there are not, and what {@link seededStyles} throws
 */
export function mixingStyles(model: StyledModel, options: MixOptions): StyleGrid {
  const { rows, columns, range, seed, ...rest } = options;
  const network = model.sampler.styled(model.networks);
  return scope(() => {
    const [down, across] = [rows, columns].map((side) => ('count' in side ? side.count : 0));
    const drawn = down + across > 0 ? seededStyles(model, { ...rest, seed, count: down + across }) : null;
    const stylesOf = (side: MixedImages, start: number) => {
      if ('seeds' in side)
        return cat(side.seeds.map((own) => seededStyles(model, { ...rest, seed: own, count: 1 })));
      if (drawn) return drawn.narrow(0, { start, length: side.count });
      throw new UsageError('a mixing expected at least one row and one column');
    };
    const sides = { rows: stylesOf(rows, 0), columns: stylesOf(columns, down) };
    const styles = mixingGrid(network, { ...sides, range: range ?? laterHalf(network) });
    return { styles, columns: sides.columns.shape[0] + 1 };
  });
}

/** What w looks like: mean and covariance of the w of latents of a seed, of one class or of all. */
export function seededStatistics(
  model: StyledModel,
  { count = STYLE_SAMPLE, seed, label }: Partial<Pick<StyleRequest, 'count'>> & Omit<StyleRequest, 'count'>,
): StyleStatistics {
  const { sampler, networks, device } = model;
  const network: StyleNetwork = sampler.styled(networks);
  return scope(() => {
    const latents = seededLatents(sampler.latent, { count, seed, label }).to(device);
    return evaluating([network], { device }, () => styleStatistics(network, latents));
  });
}

/** The class of a seed's first latent, where latents have classes. */
function firstClass({ sampler: { latent } }: StyledModel, seed: number): number | undefined {
  if (!latent.classes) return undefined;
  return scope(() => classesOf(latent, seededLatents(latent, { count: 1, seed }))[0]);
}
