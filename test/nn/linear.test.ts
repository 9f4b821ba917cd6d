import * as nn from '../../src/nn';
import { zeros } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { failure, usage } from '../support/failure';
import { testLayers } from '../support/layer-cases';

describe('linear', () => {
  test.each([
    [0, 3, 'linear expects inFeatures to be a positive integer but received 0 (number)'],
    [3, 1.5, 'linear expects outFeatures to be a positive integer but received 1.5 (number)'],
    [3, Number.NaN, 'linear expects outFeatures to be a positive integer but received NaN (number)'],
  ])('refuses %p to %p features', (inFeatures, outFeatures, message) => {
    expect(() => nn.linear(inFeatures, outFeatures)).toThrow(usage(message));
  });

  test('names itself and the shapes when the input does not fit', () => {
    const layer = nn.linear(3, 2);
    scope(() => {
      expect(() => layer.forward(zeros([4, 5]))).toThrow(failure('ERR_TORCH', 'Linear: '));
      expect(() => layer.forward(zeros([4, 5]))).toThrow(failure('ERR_TORCH', '[4, 5]'));
    });
    layer.dispose();
  });

  testLayers('nn/linear');
});
