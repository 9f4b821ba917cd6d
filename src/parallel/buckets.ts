import { native } from '../native/addon';
import { ops } from '../native/ops.generated';
import type { DType, Handle } from '../native/types';
import { noGrad } from '../tensor/autograd';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import { handlesOf, wrap, wrapAll } from '../tensor/wrap';

/** Most bytes that travel together. A tensor with more travels alone. */
const BUCKET_BYTES = 25e6;

const WIDTHS: Readonly<Record<DType, number>> = {
  float32: 4,
  float64: 8,
  float16: 2,
  bfloat16: 2,
  uint8: 1,
  int8: 1,
  int16: 2,
  int32: 4,
  int64: 8,
  bool: 1,
};

/** Tensors of one dtype that travel together. */
export interface Bucket {
  readonly dtype: DType;
  readonly tensors: readonly Tensor[];
  readonly elements: number;
}

/**
 * The tensors that hold anything, by dtype and then in their order, in buckets of at most 25 MB.
 *
 * @param travels the dtype in which one of another travels
 */
export function bucketsOf(tensors: readonly Tensor[], travels: (dtype: DType) => DType): Bucket[] {
  const byDtype = new Map<DType, Tensor[]>();
  for (const tensor of tensors) {
    const { dtype } = tensor;
    const same = byDtype.get(dtype);
    if (same) same.push(tensor);
    else byDtype.set(dtype, [tensor]);
  }
  return [...byDtype].flatMap(([dtype, same]) => split(dtype, same, BUCKET_BYTES / WIDTHS[travels(dtype)]));
}

/** What the buckets are, in a few words that are the same wherever the buckets are: `float32 3,411, int64 12`. */
export function describeBuckets(buckets: readonly Bucket[]): string {
  const counts = new Map<DType, number>();
  for (const { dtype, elements } of buckets) counts.set(dtype, (counts.get(dtype) ?? 0) + elements);
  return [...counts].map(([dtype, elements]) => `${dtype} ${elements.toLocaleString('en')}`).join(', ');
}

/** The values of a bucket as one row of `dtype`, tensor after tensor, each in row-major order. */
export function flatten({ tensors }: Bucket, dtype: DType): Tensor {
  return noGrad(() =>
    scope(() => {
      const rows = tensors.map((tensor) => wrap(ops.reshape(tensor.handle, [-1]), 'flatten'));
      const row = rows.length === 1 ? rows[0] : wrap(ops.cat(handlesOf(rows), 0), 'flatten');
      return row.dtype === dtype ? row : row.to({ dtype });
    }),
  );
}

/** As {@link flatten}, in memory of their own: a single tensor would be the row itself. */
export function owned(bucket: Bucket, dtype: DType): Tensor {
  const row = flatten(bucket, dtype);
  return bucket.tensors.length === 1 && row.isAliasOf(bucket.tensors[0]) ? row.clone() : row;
}

/** Puts the values of a row into the tensors that it was made of, each in its dtype and memory format. */
export function unflatten({ tensors }: Bucket, row: Tensor): void {
  noGrad(() =>
    scope(() => {
      const shapes = tensors.map((tensor) => tensor.shape);
      const lengths = shapes.map((shape) => shape.reduce((product, size) => product * size, 1));
      const parts = wrapAll(ops.split_with_sizes(row.handle, lengths, 0), 'unflatten');
      const views: Handle[] = parts.map((part, at) => part.view(shapes[at]).handle);
      ops._foreach_copy_(handlesOf(tensors), views);
    }),
  );
}

function split(dtype: DType, tensors: readonly Tensor[], most: number): Bucket[] {
  const buckets: { dtype: DType; tensors: Tensor[]; elements: number }[] = [];
  for (const tensor of tensors) {
    const elements = native().elements(tensor.handle);
    if (elements === 0) continue;
    const last = buckets.at(-1);
    if (last && last.elements + elements <= most) {
      last.tensors.push(tensor);
      last.elements += elements;
    } else buckets.push({ dtype, tensors: [tensor], elements });
  }
  return buckets;
}
