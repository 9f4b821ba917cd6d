import { positiveInteger } from '../check';
import { UsageError } from '../errors';
import { noGrad } from '../tensor/autograd';
import { scope } from '../tensor/scope';
import { cat } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';
import { Distances, type Span, spans } from './distances';
import { requireCount, requireFeatures, requirePair } from './feature-set';

/** What is nearest to each of some vectors. */
export interface Neighbours {
  /** Euclidean distances in feature space, ascending, float64 [N, k]. */
  readonly distances: Tensor;
  /** Rows of the references, int64 [N, k]. */
  readonly indices: Tensor;
}

/** Elements of the references that are gathered at a time to measure the distances found. */
const GATHERED = 2 ** 22;

/**
 * The k nearest of `references` [M, d] to each of `queries` [N, d]. Whether a sample is a copy of a training image is seen
 * by looking at it beside them. Equal distances come in any order.
 *
 * Searched in tiles of bounded memory; the distances found are then measured anew from the differences, so a copy has
 * distance 0 exactly.
 *
 * @throws UsageError for features of different lengths, or fewer than k references
 * @throws GanError `ERR_BAD_FEATURES` for NaN or infinity, naming the row
 */
export function nearestNeighbours(
  { queries, references }: { readonly queries: Tensor; readonly references: Tensor },
  { k = 5 }: { readonly k?: number } = {},
): Neighbours {
  positiveInteger('nearestNeighbours', 'k', k);
  requirePair('nearestNeighbours', [references, queries], 1);
  const count = references.shape[0];
  if (count < k)
    throw new UsageError(`nearestNeighbours expects at least k = ${k} references but received ${count}`);
  return noGrad(() =>
    scope(() => {
      const distances = new Distances({ rows: queries, columns: references });
      const found = distances.rowSpans.map((rows) => search(distances, rows, k));
      const indices = cat(found);
      return { distances: measure({ queries, references }, indices), indices };
    }),
  );
}

/**
 * Distances of each vector of a set [N, d] to its k nearest others, ascending, float64 [N, k]: their median for k = 1 is a
 * yardstick for {@link nearestNeighbours}, the last column the radius that precision, recall, density and coverage use.
 *
 * @throws UsageError for fewer than k + 1 images
 * @throws GanError `ERR_BAD_FEATURES` for NaN or infinity, naming the row
 */
export function neighbourDistances(features: Tensor, { k = 5 }: { readonly k?: number } = {}): Tensor {
  positiveInteger('neighbourDistances', 'k', k);
  requireFeatures('neighbourDistances', features);
  requireCount('neighbourDistances', features.shape[0], k + 1);
  // The nearest one is the vector itself, or a copy of it.
  return scope(() => {
    const { distances } = nearestNeighbours({ queries: features, references: features }, { k: k + 1 });
    return distances.narrow(1, { start: 1, length: k }).contiguous();
  });
}

/** Candidates for the k nearest: squared distances and where they are, [rows, ≤ k]. */
interface Candidates {
  readonly values: Tensor;
  readonly indices: Tensor;
}

function search(distances: Distances, rows: Span, k: number): Tensor {
  return scope(() => {
    const found = distances.columnSpans.map((columns) => searchTile(distances, { rows, columns, k }));
    return found.reduce((best, next) => nearer(best, next, k)).indices;
  });
}

function searchTile(
  distances: Distances,
  { rows, columns, k }: { readonly rows: Span; readonly columns: Span; readonly k: number },
): Candidates {
  return scope(() => {
    const tile = distances.tile(rows, columns);
    const near = tile.topk(Math.min(k, columns.length), { largest: false });
    return { values: near.values, indices: near.indices.add(columns.start) };
  });
}

function nearer(a: Candidates, b: Candidates, k: number): Candidates {
  const values = cat([a.values, b.values], 1);
  const best = values.topk(Math.min(k, values.shape[1]), { largest: false });
  return { values: best.values, indices: cat([a.indices, b.indices], 1).gather(1, best.indices) };
}

function measure(
  { queries, references }: { readonly queries: Tensor; readonly references: Tensor },
  indices: Tensor,
): Tensor {
  const [count, k] = indices.shape;
  const dimensions = queries.shape[1];
  const size = Math.max(1, Math.floor(GATHERED / (k * dimensions)));
  const parts = spans(count, size).map((span) =>
    scope(() => {
      const chosen = indices.narrow(0, span).flatten();
      const near = references.indexSelect(0, chosen).double().reshape([span.length, k, dimensions]);
      return queries.narrow(0, span).double().unsqueeze(1).sub(near).norm({ dim: 2 });
    }),
  );
  return cat(parts);
}
