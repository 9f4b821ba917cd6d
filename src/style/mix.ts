import { UsageError } from '../errors';
import type { StyleNetwork } from '../nn/style-network';
import { cat } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';

/** Layers from `first` to `last`, both included and counted from 1. */
export interface LayerRange {
  readonly first: number;
  readonly last: number;
}

/** The later half: what is fine about an image, as its colours. */
export function laterHalf({ styleLayers }: Pick<StyleNetwork, 'styleLayers'>): LayerRange {
  return { first: Math.floor(styleLayers / 2) + 1, last: styleLayers };
}

/**
 * Style mixing (Karras et al. 2019): of rows [R, L, s] and columns [C, L, s] the styles [R · C, L, s], row by row, that have the column's w in
 * the layers of a range and the row's in all others.
 *
 * @throws UsageError for a range that does not lie in the layers
 */
export function mixStyles(rows: Tensor, columns: Tensor, range: LayerRange): Tensor {
  const [down, layers, size] = rows.shape;
  const [across] = columns.shape;
  requireRange(layers, range);
  const shape = [down, across, layers, size];
  const [row, column] = [rows.unsqueeze(1).expand(shape), columns.unsqueeze(0).expand(shape)];
  const start = range.first - 1;
  const parts = [
    row.narrow(2, { start: 0, length: start }),
    column.narrow(2, { start, length: range.last - start }),
    row.narrow(2, { start: range.last, length: layers - range.last }),
  ];
  return cat(parts, 2).reshape([down * across, layers, size]);
}

/**
 * The whole grid of a mixing, [(R + 1) · (C + 1), L, s] row by row: the mean w in the corner, then the columns; each further row begins with its
 * own.
 *
 * @throws UsageError for a range that does not lie in the layers
 */
export function mixingGrid(
  { meanStyle, styleLayers, styleSize }: Pick<StyleNetwork, 'meanStyle' | 'styleLayers' | 'styleSize'>,
  { rows, columns, range }: { readonly rows: Tensor; readonly columns: Tensor; readonly range: LayerRange },
): Tensor {
  const across = columns.shape[0];
  const corner = meanStyle.expand([1, styleLayers, styleSize]);
  const mixed = mixStyles(rows, columns, range).split(across);
  return cat([corner, columns, ...rows.split(1).flatMap((row, i) => [row, mixed[i]])]);
}

/** @throws UsageError for a range that does not lie in so many layers */
export function requireRange(layers: number, { first, last }: LayerRange): void {
  const whole = Number.isInteger(first) && Number.isInteger(last);
  if (whole && first >= 1 && first <= last && last <= layers) return;
  throw new UsageError(`layers expected a range from 1 to ${layers} at most but received ${first}-${last}`);
}
