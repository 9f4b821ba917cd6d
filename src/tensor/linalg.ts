import { ops } from '../native/ops.generated';
import { TorchError } from '../native/torch-error';
import { isCpu } from './device';
import { scope } from './scope';
import type { Tensor } from './tensor';
import { wrap, wrapAll } from './wrap';

/** A symmetric matrix taken apart: A = V · diag(values) · Vᵀ. */
export interface Eigen {
  /** Ascending [d]. */
  readonly values: Tensor;
  /** One eigenvector a column [d, d]. */
  readonly vectors: Tensor;
}

/** The singular value decomposition A = U · diag(values) · Vᵀ. */
export interface Singular {
  /** [n, r], r = min(n, m) */
  readonly left: Tensor;
  /** Descending [r]. */
  readonly values: Tensor;
  /** Vᵀ [r, m] */
  readonly rightTransposed: Tensor;
}

/**
 * Eigenvalues and eigenvectors of a symmetric matrix [d, d], of which only the lower triangle is read.
 *
 * @throws TorchError for a matrix that is not square, or holds NaN
 */
export function symmetricEigen(matrix: Tensor): Eigen {
  requireFinite(matrix, 'symmetricEigen');
  const [values, vectors] = wrapAll(ops.linalg_eigh(matrix.handle), 'symmetricEigen');
  return { values, vectors };
}

/**
 * The lower triangular L of A = LLᵀ (Cholesky) for a symmetric matrix [d, d], of which only the lower triangle is read.
 *
 * @throws TorchError for a matrix that is not positive definite
 */
export function cholesky(matrix: Tensor): Tensor {
  return wrap(ops.linalg_cholesky(matrix.handle), 'cholesky');
}

/** The singular values of a matrix [n, m], descending. @throws TorchError for a matrix that holds NaN */
export function singularValues(matrix: Tensor): Tensor {
  requireFinite(matrix, 'singularValues');
  return wrap(ops.linalg_svdvals(matrix.handle), 'singularValues');
}

/** The reduced singular value decomposition of a matrix [n, m]. @throws TorchError for a matrix that holds NaN */
export function singularDecomposition(matrix: Tensor): Singular {
  requireFinite(matrix, 'singularDecomposition');
  const parts = wrapAll(ops.linalg_svd(matrix.handle, false), 'singularDecomposition');
  const [left, values, rightTransposed] = parts;
  return { left, values, rightTransposed };
}

/** LAPACK says so itself; on CUDA NaN would come out. */
function requireFinite(matrix: Tensor, op: string): void {
  if (isCpu(matrix.device) || scope(() => matrix.isfinite().all().item())) return;
  throw new TorchError(`${op}: expected finite numbers but received some that are not`, 'ERR_TORCH', op);
}

/** The reduced QR decomposition of a matrix [m, n]: q [m, k] and the diagonal [k] of r, k = min(m, n). */
export function qr(matrix: Tensor): { q: Tensor; diagonal: Tensor } {
  const [q, r] = wrapAll(ops.linalg_qr(matrix.handle), 'qr');
  return { q, diagonal: wrap(ops.diagonal(r.handle), 'qr') };
}

/** The product [n] of a matrix [n, m] and a vector [m]. */
export function matrixVector(matrix: Tensor, vector: Tensor): Tensor {
  return wrap(ops.mv(matrix.handle, vector.handle), 'mv');
}

/** The inner product of two vectors. */
export function innerProduct(a: Tensor, b: Tensor): Tensor {
  return wrap(ops.dot(a.handle, b.handle), 'dot');
}

/** sum + scale · a·b for matrices [n, m] and [m, p], in one pass; `sum` is broadcast. */
export function addProduct(
  sum: Tensor,
  { a, b, scale = 1 }: { readonly a: Tensor; readonly b: Tensor; readonly scale?: number },
): Tensor {
  return wrap(ops.addmm(sum.handle, a.handle, b.handle, 1, scale), 'addProduct');
}

/** Adds a·b to `sum` [n, p] in place. */
export function addProduct_(sum: Tensor, a: Tensor, b: Tensor): void {
  ops.addmm_(sum.handle, a.handle, b.handle);
}
