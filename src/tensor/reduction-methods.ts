import { ops } from '../native/ops.generated';
import type { TensorCore } from './core';
import { countHostRead } from './host-reads';
import { PointwiseMethods } from './pointwise-methods';

/** One dimension or several; negative ones count from the end. */
export type Dims = number | readonly number[];

/** Whether a reduced dimension stays, with size 1. */
export interface Keepdim {
  readonly keepdim?: boolean;
}

function list(dims: Dims): readonly number[] {
  return typeof dims === 'number' ? [dims] : dims;
}

/** Values and where they were found. */
export interface Indexed<T> {
  readonly values: T;
  /** int64 */
  readonly indices: T;
}

/** Methods that fold dimensions away, order elements, or multiply matrices. */
export abstract class ReductionMethods<T extends TensorCore> extends PointwiseMethods<T> {
  private indexed([values, indices]: readonly [number, number], op: string): Indexed<T> {
    return { values: this.wrap(values, op), indices: this.wrap(indices, op) };
  }

  /** Σ over all elements, or over `dim`. */
  sum(dim?: Dims, { keepdim = false }: Keepdim = {}): T {
    if (dim === undefined) return this.wrap(ops.sum(this.handle), 'sum');
    return this.wrap(ops.sum_dim_IntList(this.handle, list(dim), keepdim), 'sum');
  }

  /** The mean of all elements, or over `dim`. */
  mean(dim?: Dims, { keepdim = false }: Keepdim = {}): T {
    if (dim === undefined) return this.wrap(ops.mean(this.handle), 'mean');
    return this.wrap(ops.mean_dim(this.handle, list(dim), keepdim), 'mean');
  }

  /** Σ(x − mean)² / (n − correction) */
  var(dim?: Dims, { keepdim = false, correction = 1 }: Keepdim & { correction?: number } = {}): T {
    return this.wrap(
      ops.var_correction(this.handle, dim === undefined ? null : list(dim), correction, keepdim),
      'var',
    );
  }

  /** √var */
  std(dim?: Dims, { keepdim = false, correction = 1 }: Keepdim & { correction?: number } = {}): T {
    return this.wrap(
      ops.std_correction(this.handle, dim === undefined ? null : list(dim), correction, keepdim),
      'std',
    );
  }

  /** The product of all elements. */
  prod(): T {
    return this.wrap(ops.prod(this.handle), 'prod');
  }

  /** The largest element. */
  max(): T {
    return this.wrap(ops.max(this.handle), 'max');
  }

  /** The smallest element. */
  min(): T {
    return this.wrap(ops.min(this.handle), 'min');
  }

  /** The largest over `dim`. */
  amax(dim: Dims = [], { keepdim = false }: Keepdim = {}): T {
    return this.wrap(ops.amax(this.handle, list(dim), keepdim), 'amax');
  }

  /** The smallest over `dim`. */
  amin(dim: Dims = [], { keepdim = false }: Keepdim = {}): T {
    return this.wrap(ops.amin(this.handle, list(dim), keepdim), 'amin');
  }

  /** Where the largest is (int64): in the flattened tensor, or over `dim`. */
  argmax(dim?: number, { keepdim = false }: Keepdim = {}): T {
    return this.wrap(ops.argmax(this.handle, dim ?? null, keepdim), 'argmax');
  }

  /** Where the smallest is (int64): in the flattened tensor, or over `dim`. */
  argmin(dim?: number, { keepdim = false }: Keepdim = {}): T {
    return this.wrap(ops.argmin(this.handle, dim ?? null, keepdim), 'argmin');
  }

  /** (Σ|x|^p)^(1/p) over all elements or over `dim`; p = 2. */
  norm({ p = 2, dim, keepdim = false }: { p?: number; dim?: Dims } & Keepdim = {}): T {
    return this.wrap(
      ops.linalg_vector_norm(this.handle, p, dim === undefined ? null : list(dim), keepdim),
      'norm',
    );
  }

  /** Whether all elements are true (bool scalar). */
  all(): T {
    return this.wrap(ops.all(this.handle), 'all');
  }

  /** Whether any element is true (bool scalar). */
  any(): T {
    return this.wrap(ops.any(this.handle), 'any');
  }

  /** ln Σ e^x over `dim`, without overflow. */
  logsumexp(dim: Dims, { keepdim = false }: Keepdim = {}): T {
    return this.wrap(ops.logsumexp(this.handle, list(dim), keepdim), 'logsumexp');
  }

  /** e^x / Σ e^x over `dim` */
  softmax(dim: number): T {
    return this.wrap(ops.softmax_int(this.handle, dim), 'softmax');
  }

  /** ln softmax over `dim` */
  logSoftmax(dim: number): T {
    return this.wrap(ops.log_softmax_int(this.handle, dim), 'logSoftmax');
  }

  /** Running sums along `dim`. */
  cumsum(dim: number): T {
    return this.wrap(ops.cumsum(this.handle, dim), 'cumsum');
  }

  /** Sorted along `dim` (−1). */
  sort({ dim = -1, descending = false }: { dim?: number; descending?: boolean } = {}): Indexed<T> {
    return this.indexed(ops.sort(this.handle, dim, descending), 'sort');
  }

  /** The `k` largest (or smallest) along `dim` (−1). */
  topk(k: number, { dim = -1, largest = true }: { dim?: number; largest?: boolean } = {}): Indexed<T> {
    return this.indexed(ops.topk(this.handle, k, dim, largest), 'topk');
  }

  /** Matrix product, batched and broadcast as in PyTorch. */
  matmul(other: T): T {
    return this.wrap(ops.matmul(this.handle, other.handle), 'matmul');
  }

  /** Matrix product of [n, m] and [m, p]. */
  mm(other: T): T {
    return this.wrap(ops.mm(this.handle, other.handle), 'mm');
  }

  /** Batched matrix product of [b, n, m] and [b, m, p]. */
  bmm(other: T): T {
    return this.wrap(ops.bmm(this.handle, other.handle), 'bmm');
  }

  /** Whether shape and every element are the same. */
  equal(other: T): boolean {
    countHostRead();
    return ops.equal(this.handle, other.handle);
  }

  /** Whether |self − other| ≤ atol + rtol · |other| everywhere. */
  allclose(other: T, { rtol = 1e-5, atol = 1e-8 }: { rtol?: number; atol?: number } = {}): boolean {
    countHostRead();
    return ops.allclose(this.handle, other.handle, rtol, atol);
  }
}
