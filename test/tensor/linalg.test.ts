import { eye, full, tensor } from '../../src/tensor/create';
import {
  addProduct,
  addProduct_,
  cholesky,
  singularDecomposition,
  singularValues,
  symmetricEigen,
} from '../../src/tensor/linalg';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { expectClose } from '../support/close';
import { failure } from '../support/failure';
import { testDevice } from '../support/fixtures';

const double = (rows: number[][]): Tensor => tensor(rows, { dtype: 'float64', device: testDevice });

describe('symmetricEigen', () => {
  test('gives ascending eigenvalues, and the matrix back', () =>
    scope(() => {
      const matrix = double([
        [2, 1, 0],
        [1, 2, 0],
        [0, 0, -1],
      ]);
      const { values, vectors } = symmetricEigen(matrix);
      expectClose(values, double([[-1, 1, 3]]).squeeze(0), { relative: 1e-14 });
      expectClose(vectors.mul(values).mm(vectors.t()), matrix, { relative: 1e-14 });
      expectClose(vectors.t().mm(vectors), eye(3, { dtype: 'float64', device: testDevice }), {
        relative: 1e-14,
      });
    }));

  test('reads the lower triangle only', () =>
    scope(() => {
      const { values } = symmetricEigen(
        double([
          [2, 99],
          [1, 2],
        ]),
      );
      expectClose(values, double([[1, 3]]).squeeze(0), { relative: 1e-14 });
    }));

  test('refuses a matrix that is not square', () =>
    scope(() => {
      expect(() => symmetricEigen(double([[1, 2]]))).toThrow(failure('ERR_TORCH', '[1, 2]'));
    }));
});

describe('cholesky', () => {
  test('gives the lower triangle whose square the matrix is, reading the lower one only', () =>
    scope(() => {
      const matrix = double([
        [4, 99],
        [2, 10],
      ]);
      expect(cholesky(matrix).toArray()).toEqual([
        [2, 0],
        [1, 3],
      ]);
    }));

  test('refuses a matrix that is not positive definite', () =>
    scope(() => {
      expect(() => cholesky(double([[-1]]))).toThrow(expect.objectContaining({ code: 'ERR_TORCH' }));
    }));
});

describe('singular values', () => {
  const rows = [
    [3, 0],
    [0, -5],
    [0, 0],
  ];

  test('come descending, alone and with their vectors', () =>
    scope(() => {
      const matrix = double(rows);
      const expected = double([[5, 3]]).squeeze(0);
      expectClose(singularValues(matrix), expected, { relative: 1e-15 });
      const { left, values, rightTransposed } = singularDecomposition(matrix);
      expect([left.shape, rightTransposed.shape]).toEqual([
        [3, 2],
        [2, 2],
      ]);
      expectClose(values, expected, { relative: 1e-15 });
      expectClose(left.mul(values).mm(rightTransposed), matrix, { relative: 1e-15 });
    }));

  test('of NaN are an error, not an endless search', () =>
    scope(() => {
      expect(() => singularValues(full([3, 3], Number.NaN, { device: testDevice }))).toThrow(
        expect.objectContaining({ code: 'ERR_TORCH' }),
      );
    }));
});

describe('addProduct', () => {
  test('adds a scaled product to a broadcast sum', () =>
    scope(() => {
      const [a, b] = [double([[1, 2]]).t(), double([[3, 4]])];
      const sum = double([[10, 20]]);
      expect(addProduct(sum.squeeze(0), { a, b, scale: -2 }).toArray()).toEqual([
        [4, 12],
        [-2, 4],
      ]);
      expect(sum.toArray()).toEqual([[10, 20]]);
    }));

  test('adds in place', () =>
    scope(() => {
      const sum = double([
        [1, 1],
        [1, 1],
      ]);
      addProduct_(sum, double([[1], [2]]), double([[3, 4]]));
      expect(sum.toArray()).toEqual([
        [4, 5],
        [7, 9],
      ]);
    }));
});
