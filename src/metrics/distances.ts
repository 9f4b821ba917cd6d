import { zeros } from '../tensor/create';
import { addProduct } from '../tensor/linalg';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';

/** Consecutive vectors of a set. */
export interface Span {
  readonly start: number;
  readonly length: number;
}

/** Sides of a tile: 32 MB of distances, and as much again for 1000 dimensions. */
const ROWS = 1024;
const COLUMNS = 4096;

/**
 * Squared Euclidean distances ‖x‖² + ‖y‖² − 2 x·y between the vectors of two sets, a tile at a time: neither all distances
 * nor a float64 copy of a set is ever in memory.
 *
 * The products are in float64, of vectors around the mean of the columns: close neighbours are decided by what is left after
 * cancellation, where float32 has few of its 7 digits. That costs twice the time of float32, and no second look.
 */
export class Distances {
  readonly rowSpans: readonly Span[];
  readonly columnSpans: readonly Span[];
  readonly #rows: Tensor;
  readonly #columns: Tensor;
  readonly #centre: Tensor;

  /** @param sets features [N, d] and [M, d]; like this object they belong to the caller's scope */
  constructor({ rows, columns }: { readonly rows: Tensor; readonly columns: Tensor }) {
    this.#rows = rows;
    this.#columns = columns;
    this.#centre = meanOf(columns);
    this.rowSpans = spans(rows.shape[0], ROWS);
    this.columnSpans = spans(columns.shape[0], COLUMNS);
  }

  /** The squared distances of some rows to some columns, float64; rounding leaves equal vectors within {@link slack} of 0. */
  tile(rows: Span, columns: Span): Tensor {
    return scope(() => {
      const [x, y] = [this.#centred(this.#rows, rows), this.#centred(this.#columns, columns)];
      const squares = y.square().sum(1);
      return addProduct(squares, { a: x, b: y.t(), scale: -2 }).add_(x.square().sum(1, { keepdim: true }));
    });
  }

  /** What rounding may add to a squared distance: 32 units in the last place of the largest ‖x‖² + ‖y‖². */
  slack(): number {
    return scope(() => {
      const largest = (set: Tensor, span: Span): number =>
        scope(() => this.#centred(set, span).square().sum(1).max().item());
      const rows = Math.max(...this.rowSpans.map((span) => largest(this.#rows, span)));
      const columns = Math.max(...this.columnSpans.map((span) => largest(this.#columns, span)));
      return 32 * Number.EPSILON * (rows + columns);
    });
  }

  #centred(set: Tensor, span: Span): Tensor {
    return set.narrow(0, span).double().sub(this.#centre);
  }
}

/** 0 … count − 1 in spans of `size`, the last one shorter. */
export function spans(count: number, size: number): Span[] {
  return Array.from({ length: Math.ceil(count / size) }, (_, index) => ({
    start: index * size,
    length: Math.min(size, count - index * size),
  }));
}

function meanOf(set: Tensor): Tensor {
  const [count, dimensions] = set.shape;
  return scope(() => {
    const sum = zeros([dimensions], { dtype: 'float64', device: set.device });
    for (const span of spans(count, COLUMNS)) scope(() => void sum.add_(set.narrow(0, span).double().sum(0)));
    return sum.div(count);
  });
}
