import { ops } from '../native/ops.generated';
import type { Handle, MemoryFormat } from '../native/types';
import type { TensorCore } from './core';
import { ReductionMethods } from './reduction-methods';

/** Methods that look at the same elements in another shape or order, pick some, or copy them. */
export abstract class ShapeMethods<T extends TensorCore> extends ReductionMethods<T> {
  private wrapAll(handles: readonly Handle[], origin: string): T[] {
    return handles.map((handle) => this.wrap(handle, origin));
  }

  /** Another shape with the same elements; one size may be −1. A view where possible. */
  reshape(shape: readonly number[]): T {
    return this.wrap(ops.reshape(this.handle, shape), 'reshape');
  }

  /** `reshape` that never copies: throws where it would have to. */
  view(shape: readonly number[]): T {
    return this.wrap(ops.view(this.handle, shape), 'view');
  }

  /** Dimensions from `startDim` to `endDim` in one. */
  flatten({ startDim = 0, endDim = -1 }: { startDim?: number; endDim?: number } = {}): T {
    return this.wrap(ops.flatten_using_ints(this.handle, startDim, endDim), 'flatten');
  }

  /** Swaps two dimensions. */
  transpose(dim0: number, dim1: number): T {
    return this.wrap(ops.transpose_int(this.handle, dim0, dim1), 'transpose');
  }

  /** The transpose of a matrix. */
  t(): T {
    return this.wrap(ops.t(this.handle), 't');
  }

  /** Dimensions in the order `dims`. */
  permute(dims: readonly number[]): T {
    return this.wrap(ops.permute(this.handle, dims), 'permute');
  }

  /** Without dimensions of size 1, or without `dim` if its size is 1. */
  squeeze(dim?: number): T {
    return this.wrap(
      dim === undefined ? ops.squeeze(this.handle) : ops.squeeze_dim(this.handle, dim),
      'squeeze',
    );
  }

  /** With a dimension of size 1 at `dim`. */
  unsqueeze(dim: number): T {
    return this.wrap(ops.unsqueeze(this.handle, dim), 'unsqueeze');
  }

  /** Dimensions of size 1 repeated to `shape` without copying, to at most 2³⁶ elements; −1 leaves a size. */
  expand(shape: readonly number[]): T {
    return this.wrap(ops.expand(this.handle, shape), 'expand');
  }

  /** Repeated `times` along each dimension. */
  repeat(times: readonly number[]): T {
    return this.wrap(ops.repeat(this.handle, times), 'repeat');
  }

  /** Reversed along `dims`. */
  flip(dims: readonly number[]): T {
    return this.wrap(ops.flip(this.handle, dims), 'flip');
  }

  /** Indices `start` to `start + length` along `dim`, as a view. */
  narrow(dim: number, { start, length }: { start: number; length: number }): T {
    return this.wrap(ops.narrow(this.handle, dim, start, length), 'narrow');
  }

  /** Index `index` along `dim`, without the dimension, as a view. */
  select(dim: number, index: number): T {
    return this.wrap(ops.select_int(this.handle, dim, index), 'select');
  }

  /** Indices `start` to `end` by `step` along `dim`, as a view. */
  slice(dim: number, { start, end, step = 1 }: { start?: number; end?: number; step?: number } = {}): T {
    return this.wrap(ops.slice_Tensor(this.handle, dim, start ?? null, end ?? null, step), 'slice');
  }

  /** `chunks` parts of about equal size along `dim`, as views. */
  chunk(chunks: number, dim = 0): T[] {
    return this.wrapAll(ops.chunk(this.handle, chunks, dim), 'chunk');
  }

  /** Parts of `size` along `dim`, the last one shorter, as views. */
  split(size: number, dim = 0): T[] {
    return this.wrapAll(ops.split_Tensor(this.handle, size, dim), 'split');
  }

  /** Every index of `dim`, as views. */
  unbind(dim = 0): T[] {
    return this.wrapAll(ops.unbind_int(this.handle, dim), 'unbind');
  }

  /** Rows `indices` (int64) of `dim`, copied. */
  indexSelect(dim: number, indices: T): T {
    return this.wrap(ops.index_select(this.handle, dim, indices.handle), 'indexSelect');
  }

  /** Copies the rows of `source` to the rows `indices` (int64) of `dim`, in place; where an index comes twice, either may stay. */
  indexCopy_(dim: number, indices: T, source: T): T {
    ops.index_copy_(this.handle, dim, indices.handle, source.handle);
    return this.self();
  }

  /** Elements at int64 or bool `indices`, one tensor a dimension; null leaves a dimension whole. */
  index(indices: readonly (T | null)[]): T {
    const handles = indices.map((tensor) => tensor?.handle ?? null);
    return this.wrap(ops.index_Tensor(this.handle, handles), 'index');
  }

  /** out[i][j] = self[index[i][j]][j] for `dim` 0, and so on. */
  gather(dim: number, index: T): T {
    return this.wrap(ops.gather(this.handle, dim, index.handle), 'gather');
  }

  /** The upper triangle of a matrix; the rest is 0. */
  triu(diagonal = 0): T {
    return this.wrap(ops.triu(this.handle, diagonal), 'triu');
  }

  /** Class indices (int64) as vectors with a single 1. */
  oneHot(classes: number): T {
    return this.wrap(ops.one_hot(this.handle, classes), 'oneHot');
  }

  /** A tensor whose elements lie in this order; itself where they do. */
  contiguous(format: MemoryFormat = 'contiguous'): T {
    return this.wrap(ops.contiguous(this.handle, format), 'contiguous');
  }

  /** A copy, recorded by autograd. */
  clone(): T {
    return this.wrap(ops.clone(this.handle), 'clone');
  }

  /** The same elements, cut off from autograd. */
  detach(): T {
    return this.wrap(ops.detach(this.handle), 'detach');
  }
}
