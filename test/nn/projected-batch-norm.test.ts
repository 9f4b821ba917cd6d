import * as nn from '../../src/nn';
import { randn, zeros } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { usage } from '../support/failure';
import { testLayers } from '../support/layer-cases';

describe('projectedBatchNorm2d', () => {
  test.each([
    [0, 5, 'projectedBatchNorm2d expects numFeatures to be a positive integer but received 0 (number)'],
    [3, 0, 'projectedBatchNorm2d expects numConditions to be a positive integer but received 0 (number)'],
  ])('refuses %p features of %p conditions', (features, conditions, message) => {
    expect(() => nn.projectedBatchNorm2d(features, conditions)).toThrow(usage(message));
  });

  test('is a batch norm without a scale and a shift where the vector is 0: gains are centred at 1', () => {
    const layer = nn.projectedBatchNorm2d(3, 5, { spectralNorm: { eps: 1e-6 } });
    const plain = nn.batchNorm2d(3, { affine: false });
    scope(() => {
      const input = randn([4, 3, 2, 2]);
      expect(layer.forward(input, zeros([4, 5])).equal(plain.forward(input))).toBe(true);
    });
    for (const one of [layer, plain]) one.dispose();
  });

  testLayers('nn/projected_batch_norm');
});
