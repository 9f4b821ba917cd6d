import * as nn from '../../src/nn';
import { ones, zeros } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { failure, usage } from '../support/failure';

describe('parameter', () => {
  test('refuses integers and results of operators', () => {
    scope(() => {
      expect(() => nn.parameter(zeros([2], { dtype: 'int64' }))).toThrow(failure('ERR_TORCH', 'floating'));
      const leaf = zeros([2], { requiresGrad: true });
      expect(() => nn.parameter(leaf.add(1))).toThrow(
        usage('parameter expects a leaf of autograd but received a result of add: detach() it first'),
      );
    });
  });

  test('makes the tensor itself a trainable leaf that outlives its scope', () => {
    const held = scope(() => {
      const made = ones([2]);
      return { made, held: nn.parameter(made) };
    });
    expect(held.held).toBe(held.made);
    expect(held.held.requiresGrad && held.held.isLeaf).toBe(true);
    scope(() => {
      held.held.mul(3).sum().backward();
      expect(held.held.grad?.toArray()).toEqual([3, 3]);
    });
    held.held.dispose();
  });

  test('is told from other tensors', () =>
    scope(() => {
      const made = nn.parameter(ones([1]));
      expect([made, ones([1]), null, 3].map(nn.isParameter)).toEqual([true, false, false, false]);
      made.dispose();
    }));
});
