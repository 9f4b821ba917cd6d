import type { ImageSize } from '../data/image-size';
import { UsageError } from '../errors';
import type { Span } from '../nn/instance-statistics';
import type { Reach } from './reach';

/** How images are cut where they do not fit in memory. */
export interface TileOptions {
  /** Pixels a side that are computed at once, margins included. */
  readonly tile: number;
  /**
   * Pixels that a tile sees beyond each side of what is kept of it (half of the network's receptive field; a quarter of the tile where
   * that is all of the image).
   */
  readonly overlap?: number;
}

/** The pixels of a tile along one side of the image, and those of them that are kept. */
export interface TileSpan extends Span {
  /** Counted from the start of the image. */
  readonly kept: Span;
  /** How much a blended image takes of each pixel: the shares of all tiles add up to 1, linear where two overlap. */
  readonly shares: readonly number[];
}

/** A part of an image that is computed at once. */
export interface Tile {
  readonly rows: TileSpan;
  readonly columns: TileSpan;
}

/**
 * Tiles and their margins in multiples of a network's stride: a tile is rounded down to it, a margin up.
 *
 * @throws UsageError for a tile that has nothing inside its margins, or is smaller than the network takes
 */
export function tileSize(
  { stride, least, receptiveField }: Reach,
  { tile, overlap }: TileOptions,
): Required<TileOptions> {
  const usual = Number.isFinite(receptiveField) ? receptiveField / 2 : tile / 4;
  if (!Number.isSafeInteger(tile) || tile < 1)
    throw new UsageError(`tile expects a positive integer but received ${tile}`);
  if (overlap !== undefined && (!Number.isSafeInteger(overlap) || overlap < 0))
    throw new UsageError(`overlap expects a non-negative integer but received ${overlap}`);
  const margin = Math.ceil((overlap ?? usual) / stride) * stride;
  const smallest = Math.max(2 * margin + stride, Math.ceil(least / stride) * stride);
  if (tile >= smallest) return { tile: Math.floor(tile / stride) * stride, overlap: margin };
  throw new UsageError(
    `expected a tile of at least ${smallest} pixels, for a margin of ${margin} on each side, but received ${tile}: choose a larger tile, or a smaller overlap`,
  );
}

/** Tiles whose kept parts make up the image, row by row; one is the whole image where it fits. */
export function planTiles({ height, width }: ImageSize, size: Required<TileOptions>): Tile[] {
  const columns = spans(width, size);
  return spans(height, size).flatMap((rows) => columns.map((each) => ({ rows, columns: each })));
}

/** Spans of equal length; the last one is moved back to end with the image. */
function spans(side: number, { tile, overlap }: Required<TileOptions>): TileSpan[] {
  const length = Math.min(tile, side);
  const found: Omit<TileSpan, 'shares'>[] = [];
  for (let kept = 0; kept < side; ) {
    const start = Math.min(Math.max(0, kept - overlap), side - length);
    const end = start + length === side ? side : start + length - overlap;
    found.push({ start, length, kept: { start: kept, length: end - kept } });
    kept = end;
  }
  return withShares(found, side);
}

function withShares(spans: readonly Omit<TileSpan, 'shares'>[], side: number): TileSpan[] {
  const sums = new Array<number>(side).fill(0);
  const weights = spans.map(({ start, length }) =>
    Array.from({ length }, (_, i) => {
      const weight = Math.min(start === 0 ? side : i + 1, start + length === side ? side : length - i);
      sums[start + i] += weight;
      return weight;
    }),
  );
  return spans.map((span, index) => ({
    ...span,
    shares: weights[index].map((weight, i) => weight / sums[span.start + i]),
  }));
}
