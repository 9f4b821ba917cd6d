import { binaryCrossEntropyWithLogits, crossEntropy, huber, l1, mse } from '../../src/losses';
import { grad } from '../../src/tensor/autograd';
import { tensor, zeros } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { expectClose } from '../support/close';
import { failure } from '../support/failure';
import { type Case, readCases } from '../support/fixtures';

const LOSSES: Readonly<Record<string, (input: Tensor, target: Tensor, options: object) => Tensor>> = {
  l1,
  mse,
  huber,
  binaryCrossEntropyWithLogits,
  crossEntropy,
};

interface LossCase {
  readonly function: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly dtype: 'float32' | 'float64';
}

function compare({ function: name, options, tensors }: Case<LossCase>): void {
  const input = tensors.tensor('input');
  const cotangent = tensors.tensor('cotangent');
  for (const leaf of [input, cotangent]) leaf.requiresGrad = true;
  const output = LOSSES[name](input, tensors.tensor('target'), { ...options, ...tensors.group('option.') });
  expectClose(output, tensors.tensor('output'), { label: 'output' });
  const [first] = grad([output], [input], { gradOutputs: [cotangent], createGraph: true });
  expectClose(first, tensors.tensor('grad.input'), { label: 'grad.input' });
  const penalty = first.square().sum();
  expectClose(penalty, tensors.tensor('penalty'), { label: 'penalty' });
  const second = grad([penalty], [input, cotangent], { allowUnused: true });
  for (const [index, role] of ['double.input', 'double.cotangent'].entries()) {
    const found = second[index];
    if (found && tensors.names.includes(role)) expectClose(found, tensors.tensor(role), { label: role });
    else expect({ [role]: tensors.names.includes(role) }).toEqual({ [role]: found !== null });
  }
}

describe('reconstruction losses', () => {
  test('refuse shapes that do not fit', () =>
    scope(() => {
      expect(() => mse(zeros([3]), zeros([2]))).toThrow(failure('ERR_TORCH', '[3]'));
      expect(() => crossEntropy(zeros([3, 2]), zeros([2], { dtype: 'int64' }))).toThrow(
        failure('ERR_TORCH', '[3, 2]'),
      );
    }));

  test('refuse a class that does not exist', () =>
    scope(() => {
      const target = tensor([4], { dtype: 'int64' });
      expect(() => crossEntropy(zeros([1, 3]), target)).toThrow(failure('ERR_TORCH', 'out of bounds'));
    }));

  test.each(
    readCases<LossCase>('losses/reconstruction').map((one): [string, Case<LossCase>] => [
      `${one.name} (${one.dtype})`,
      one,
    ]),
  )('equal PyTorch with gradients and second gradients: %s', (_, one) => scope(() => compare(one)));
});
