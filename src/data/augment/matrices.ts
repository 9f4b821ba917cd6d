import { full } from '../../tensor/create';
import { stack } from '../../tensor/shapes';
import { Tensor } from '../../tensor/tensor';

/** By an angle [N]. */
export function rotation(angle: Tensor): Tensor {
  const [cosine, sine] = [angle.cos(), angle.sin()];
  return matrices([
    [cosine, sine.neg(), 0],
    [sine, cosine, 0],
    [0, 0, 1],
  ]);
}

/** Along each side. */
export function scaling(x: Tensor, y: Tensor | number): Tensor {
  return matrices([
    [x, 0, 0],
    [0, y, 0],
    [0, 0, 1],
  ]);
}

/** In pixels. */
export function translation(x: Tensor, y: Tensor): Tensor {
  return matrices([
    [1, 0, x],
    [0, 1, y],
    [0, 0, 1],
  ]);
}

/** Each row is shifted along it by its place, times `factor` [N]. */
export function shear(factor: Tensor): Tensor {
  return matrices([
    [1, factor, 0],
    [0, 1, 0],
    [0, 0, 1],
  ]);
}

/** [N, n, n] of entries [N], or numbers for all. */
export function matrices(rows: readonly (readonly (Tensor | number)[])[]): Tensor {
  const entries = rows.flat();
  const example = entries.find((entry) => entry instanceof Tensor);
  if (!(example instanceof Tensor)) throw new RangeError('a matrix of numbers only has no batch');
  const { shape, dtype, device } = example;
  const whole = entries.map((entry) =>
    entry instanceof Tensor ? entry : full(shape, entry, { dtype, device }),
  );
  return stack(whole, 1).reshape([-1, rows.length, rows.length]);
}

/** The matrix product of all, from left to right. */
export function product(factors: readonly Tensor[]): Tensor {
  return factors.reduce((left, right) => left.matmul(right));
}
