import * as nn from '../../src/nn';
import { manualSeed } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import { usage } from '../support/failure';
import { testLayers } from '../support/layer-cases';

describe('layers with an equalised learning rate', () => {
  test.each([
    [{ lrMultiplier: 0 }, 'lrMultiplier to be a positive number but received 0 (number)'],
    [{ gain: Number.NaN }, 'gain to be a positive number but received NaN (number)'],
    [{ biasInit: Number.POSITIVE_INFINITY }, 'biasInit to be a finite number but received Infinity (number)'],
  ])('refuse %p', (options, message) => {
    scope(() => {
      expect(() => nn.equalizedLinear(2, 3, options)).toThrow(usage(`equalizedLinear expects ${message}`));
      expect(() => nn.equalizedConv2d(2, 3, { kernelSize: 1, ...options })).toThrow(
        usage(`equalizedConv2d expects ${message}`),
      );
      expect(() => nn.equalizedConvTranspose2d(2, 3, { kernelSize: 1, ...options })).toThrow(
        usage(`equalizedConvTranspose2d expects ${message}`),
      );
    });
  });

  test('start with weights of deviation 1 / lrMultiplier, so that what they compute does not depend on it', () => {
    manualSeed(1);
    const layer = nn.equalizedLinear(200, 100, { lrMultiplier: 0.1, biasInit: 3 });
    scope(() => {
      expect(layer.weight.std().item()).toBeCloseTo(10, 0);
      expect(layer.bias?.mean().item()).toBeCloseTo(30, 4);
    });
    layer.dispose();
  });

  test('are layers like others to whoever initialises or normalises layers', () => {
    const layer = nn.equalizedConv2d(2, 3, { kernelSize: 3 });
    expect(layer).toBeInstanceOf(nn.Conv2d);
    layer.dispose();
  });

  testLayers('nn/equalized');
});
