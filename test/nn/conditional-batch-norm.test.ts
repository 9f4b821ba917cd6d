import * as nn from '../../src/nn';
import { randn, tensor } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { distance } from '../support/close';
import { usage } from '../support/failure';
import { testLayers } from '../support/layer-cases';

describe('conditionalBatchNorm2d', () => {
  test.each([
    [0, 5, 'conditionalBatchNorm2d expects numFeatures to be a positive integer but received 0 (number)'],
    [3, 0, 'conditionalBatchNorm2d expects numClasses to be a positive integer but received 0 (number)'],
  ])('refuses %p features of %p classes', (features, classes, message) => {
    expect(() => nn.conditionalBatchNorm2d(features, classes)).toThrow(usage(message));
  });

  test('starts as a batch norm without a scale and a shift', () => {
    const layer = nn.conditionalBatchNorm2d(3, 5);
    const plain = nn.batchNorm2d(3, { affine: false });
    scope(() => {
      const input = randn([4, 3, 2, 2]);
      const labels = tensor([0, 1, 4, 1], { dtype: 'int64' });
      expect(layer.forward(input, labels).equal(plain.forward(input))).toBe(true);
    });
    for (const one of [layer, plain]) one.dispose();
  });

  test('answers with the dtype of its input', () => {
    const layer = nn.conditionalBatchNorm2d(16, 3);
    scope(() => {
      const input = randn([4, 16, 3, 3]);
      const labels = tensor([0, 1, 2, 1], { dtype: 'int64' });
      const half = layer.forward(input.to({ dtype: 'bfloat16' }), labels);
      expect(half.dtype).toBe('bfloat16');
      expect(distance(half, layer.forward(input, labels))).toBeLessThan(5e-3);
    });
    layer.dispose();
  });

  testLayers('nn/conditional_batch_norm');
});
