import * as nn from '../../src/nn';
import * as optim from '../../src/optim';
import { tensor, zeros } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { expectClose } from '../support/close';
import { usage } from '../support/failure';
import { type Case, readCases, testDevice } from '../support/fixtures';

interface ClipCase {
  readonly kind: 'norm' | 'value';
  readonly limit: number;
}

function gradientOf(leaf: Tensor): Tensor {
  if (leaf.grad === null) throw new Error('expected a gradient');
  return leaf.grad;
}

describe('clipping', () => {
  test('refuses negative limits', () => {
    expect(() => optim.clipGradNorm([], -1)).toThrow(
      usage('clipGradNorm expects maxNorm to be a number of at least 0'),
    );
    expect(() => optim.clipGradValue([], -1)).toThrow(
      usage('clipGradValue expects limit to be a number of at least 0'),
    );
    expect(() => optim.clampParameters([], Number.NaN)).toThrow(
      usage('clampParameters expects limit to be a number of at least 0 but received NaN (number)'),
    );
  });

  test.each(readCases<ClipCase>('optim/clip').map((one): [string, Case<ClipCase>] => [one.name, one]))(
    "equals PyTorch's: %s",
    (_, { kind, limit, tensors }) =>
      scope(() => {
        const gradients = Object.values(tensors.group('gradient'));
        const leaves = gradients.map(({ shape, dtype }) =>
          zeros(shape, { dtype, device: testDevice, requiresGrad: true }),
        );
        for (const [index, leaf] of leaves.entries()) leaf.grad = gradients[index];
        const before = gradients.map((gradient) => gradient.clone());
        if (kind === 'norm') expectClose(optim.clipGradNorm(leaves, limit), tensors.tensor('norm'));
        else optim.clipGradValue(leaves, limit);
        const expected = Object.values(tensors.group('clipped'));
        expect(expected).toHaveLength(before.length);
        for (const [index, leaf] of leaves.entries()) expectClose(gradientOf(leaf), expected[index]);
      }),
  );

  test('by an infinite norm only tells it', () =>
    scope(() => {
      const moved = zeros([2], { requiresGrad: true });
      moved.grad = tensor([3, 4]);
      expect(optim.clipGradNorm([moved], Number.POSITIVE_INFINITY).item()).toBe(5);
      moved.grad = zeros([2]);
      expect(optim.clipGradNorm([moved], Number.POSITIVE_INFINITY).item()).toBe(0);
      expect(gradientOf(moved).toArray()).toEqual([0, 0]);
    }));

  test('passes over parameters without a gradient, and has the norm 0 where none has one', () =>
    scope(() => {
      const [still, moved] = [zeros([2], { requiresGrad: true }), zeros([2], { requiresGrad: true })];
      expect(optim.clipGradNorm([still], 1).item()).toBe(0);
      moved.grad = tensor([3, 4]);
      expect(optim.clipGradNorm([still, moved], 1).item()).toBe(5);
      expectClose(gradientOf(moved), tensor([0.6, 0.8]), { relative: 1e-6 });
      expect(still.grad).toBeNull();
    }));

  test('clamps parameters in place, without autograd noticing', () => {
    const net = nn.sequential(nn.linear(2, 1, { bias: false }), nn.batchNorm1d(1));
    scope(() => {
      net.loadStateDict({
        ...net.stateDict(),
        '0.weight': tensor([[-3, 0.005]]),
        '1.running_var': tensor([7]),
      });
      optim.clampParameters(net.parameters(), 0.01);
      expectClose(net.stateDict()['0.weight'], tensor([[-0.01, 0.005]]));
      expect(net.stateDict()['1.running_var'].item()).toBe(7);
      expect(net.parameters().every((held) => held.isLeaf && held.requiresGrad)).toBe(true);
    });
    net.dispose();
  });
});
