import { full } from '../../src/tensor/create';
import { singularDecomposition, singularValues, symmetricEigen } from '../../src/tensor/linalg';
import { scope } from '../../src/tensor/scope';
import { failure } from '../support/failure';

// What is checked on CUDA, whose solvers give NaN back where LAPACK refuses it.
jest.mock('../../src/tensor/device', () => ({
  ...jest.requireActual<typeof import('../../src/tensor/device')>('../../src/tensor/device'),
  isCpu: () => false,
}));

test.each([
  ['symmetricEigen', symmetricEigen],
  ['singularValues', singularValues],
  ['singularDecomposition', singularDecomposition],
])('%s refuses numbers that are not finite, and takes others', (name, decompose) => {
  scope(() => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => decompose(full([3, 3], value))).toThrow(
        failure('ERR_TORCH', `${name}: expected finite numbers but received some that are not`),
      );
    expect(() => decompose(full([3, 3], 2))).not.toThrow();
  });
});
