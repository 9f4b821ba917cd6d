import * as nn from '../../src/nn';
import { grad } from '../../src/tensor/autograd';
import { borderOfCopies } from '../../src/tensor/border';
import { randn } from '../../src/tensor/create';
import { pad } from '../../src/tensor/functional';
import { scope } from '../../src/tensor/scope';
import { expectClose } from '../support/close';
import { failure, usage } from '../support/failure';
import { testLayers } from '../support/layer-cases';

describe('padding', () => {
  const sides = 'to be an integer of at least 0, or four of them but received';
  test.each([
    [() => nn.reflectionPad2d(-1), `reflectionPad2d expects padding ${sides} -1 (number)`],
    [
      () => nn.replicationPad2d([1, 2, 0.5, 0]),
      `replicationPad2d expects padding ${sides} [1, 2, 0.5, 0] (array)`,
    ],
    [() => nn.zeroPad2d(Number.NaN), `zeroPad2d expects padding ${sides} NaN (number)`],
    [
      () => Reflect.apply(nn.zeroPad2d, undefined, [[1, 2]]),
      `zeroPad2d expects padding ${sides} [1, 2] (array)`,
    ],
  ])('refuses bad options (%#)', (make, message) => {
    expect(make).toThrow(usage(message));
  });

  test.each([
    [
      () => nn.reflectionPad2d(3),
      [1, 1, 4, 3],
      'at least 4 × 4 pixels, to pad them by [3, 3, 3, 3], but received [1, 1, 4, 3]',
    ],
    [() => nn.reflectionPad2d([0, 1, 5, 2]), [1, 1, 5, 9], 'at least 6 × 2 pixels'],
    [() => nn.replicationPad2d(1), [1, 1, 0, 3], 'at least 1 × 1 pixels'],
    [() => nn.zeroPad2d(1), [3, 3], 'expected images [N, C, H, W]'],
  ] as const)('refuses images that cannot be padded so (%#)', (make, shape, message) => {
    scope(() => {
      const input = randn(shape);
      expect(() => make().forward(input)).toThrow(failure('ERR_SHAPE', message));
    });
  });

  test('a copy pads as its original', () => {
    scope(() => {
      const layer = nn.reflectionPad2d([1, 2, 0, 3]);
      const input = randn([1, 2, 4, 5]);
      expect(layer.clone().forward(input).equal(layer.forward(input))).toBe(true);
      expect(`${layer}`).toBe('ReflectionPad2d(padding=[1, 2, 0, 3])');
    });
  });

  test.each(['reflect', 'replicate'] as const)(
    'mode %s, made of copies, equals LibTorch’s in values and gradients',
    (mode) => {
      for (const amounts of [
        [2, 3, 1, 0],
        [0, 0, 3, 3],
        [4, 4, 0, 0],
        [0, 0, 0, 0],
      ]) {
        scope(() => {
          const input = randn([2, 3, 4, 5], { dtype: 'float64', requiresGrad: true });
          const [ours, theirs] = [borderOfCopies(input, amounts, mode), pad(input, amounts, { mode })];
          expect(ours.equal(theirs)).toBe(true);
          const cotangent = randn(ours.shape, { dtype: 'float64' });
          const [a, b] = [ours, theirs].map(
            (output) => grad([output], [input], { gradOutputs: [cotangent] })[0],
          );
          expectClose(a, b);
        });
      }
    },
  );

  testLayers('nn/pad');
});
