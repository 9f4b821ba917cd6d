import { binaryCrossEntropyWithLogits, crossEntropy, huber, l1, maskedL1, mse } from '../../src/losses';
import { grad } from '../../src/tensor/autograd';
import { tensor, zeros } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { expectClose } from '../support/close';
import { failure, usage } from '../support/failure';
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
      expect(() => mse(zeros([3]), zeros([2]))).toThrow(failure('ERR_SHAPE', '[3]'));
      expect(() => crossEntropy(zeros([3, 2]), zeros([2], { dtype: 'int64' }))).toThrow(
        failure('ERR_TORCH', '[3, 2]'),
      );
    }));

  test.each([
    ['l1', () => l1(zeros([2, 1]), zeros([2]))],
    ['mse', () => mse(zeros([2, 1]), zeros([2]))],
    ['huber', () => huber(zeros([2, 1]), zeros([2]))],
    ['maskedL1', () => maskedL1(zeros([2, 1]), zeros([2]), zeros([2]))],
  ])('%s refuses shapes that would be broadcast: it would compare other pairs', (_, compared) =>
    scope(() => expect(compared).toThrow(failure('ERR_SHAPE', 'input and target of one shape'))),
  );

  test('binaryCrossEntropyWithLogits names both shapes', () =>
    scope(() =>
      expect(() => binaryCrossEntropyWithLogits(zeros([3]), zeros([3, 3]))).toThrow(
        failure('ERR_SHAPE', 'expected logits and target of one shape but received [3] and [3, 3]'),
      ),
    ));

  test.each(Object.keys(LOSSES))(
    '%s refuses a reduction that there is not, and does not take the mean',
    (name) =>
      scope(() => {
        const target = name === 'crossEntropy' ? zeros([3], { dtype: 'int64' }) : zeros([3, 2]);
        expect(() => LOSSES[name](zeros([3, 2]), target, { reduction: 'avg' })).toThrow(
          usage(`${name} expects reduction to be one of 'mean', 'sum', 'none' but received 'avg'`),
        );
      }),
  );

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

test('the masked distance is the mean over what is marked, of all images and colours together, and moves nothing else', () => {
  scope(() => {
    const target = zeros([2, 2, 1, 4]);
    // The first image has one marked pixel, the second three.
    const mask = tensor([[[[1, 0, 0, 0]]], [[[0, 1, 1, 1]]]]);
    const input = tensor([
      [[[0.5, 9, 9, 9]], [[-0.25, 9, 9, 9]]],
      [[[9, 0.1, 0.2, 0.3]], [[9, 0, 0, -1]]],
    ]);
    input.requiresGrad = true;
    const distance = maskedL1(input, target, mask);
    expect(distance.item()).toBeCloseTo((0.5 + 0.25 + 0.6 + 1) / 8, 6);
    const [gradient] = grad([distance], [input]);
    const [marked, rest] = [mask, mask.neg().add(1)].map((each) => gradient.mul(each));
    expect(rest.abs().max().item()).toBe(0);
    expect(marked.select(0, 0).flatten().toArray()).toEqual([1 / 8, 0, 0, 0, -1 / 8, 0, 0, 0]);
  });
});
