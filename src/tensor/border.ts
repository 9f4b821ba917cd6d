import { cat } from './shapes';
import type { Tensor } from './tensor';

/**
 * Images bordered by their own pixels, as `pad` makes them, out of copies of parts: the gradient adds those parts, where that of
 * LibTorch's CUDA kernels scatters by atomic additions, whose order changes from run to run.
 *
 * @param amounts as for `pad`: [left, right, top, bottom, …]
 */
export function borderOfCopies(
  input: Tensor,
  amounts: readonly number[],
  mode: 'reflect' | 'replicate',
): Tensor {
  const part = mode === 'reflect' ? reflected : replicated;
  let output = input;
  for (let i = 0; i < amounts.length; i += 2) {
    const dim = input.dim - 1 - i / 2;
    const last = output.shape[dim] - 1;
    const [before, after] = [amounts[i], amounts[i + 1]];
    const parts = [
      ...(before > 0 ? [part(output, { dim, count: before, edge: 0, inner: 1 })] : []),
      output,
      ...(after > 0 ? [part(output, { dim, count: after, edge: last, inner: last - after })] : []),
    ];
    output = parts.length === 1 ? output : cat(parts, dim);
  }
  return output;
}

interface Part {
  readonly dim: number;
  readonly count: number;
  /** The outermost index. */
  readonly edge: number;
  /** Where the `count` indices next to the outermost one start. */
  readonly inner: number;
}

function reflected(input: Tensor, { dim, count, inner }: Part): Tensor {
  return input.narrow(dim, { start: inner, length: count }).flip([dim]);
}

function replicated(input: Tensor, { dim, count, edge }: Part): Tensor {
  const shape = input.shape.map((_, index) => (index === dim ? count : -1));
  return input.narrow(dim, { start: edge, length: 1 }).expand(shape);
}
