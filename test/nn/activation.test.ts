import * as nn from '../../src/nn';
import { usage } from '../support/failure';
import { testLayers } from '../support/layer-cases';

describe('activations', () => {
  test.each([
    [
      () => nn.leakyRelu(Number.NaN),
      'leakyRelu expects negativeSlope to be a finite number but received NaN (number)',
    ],
    [
      () => nn.elu(Number.POSITIVE_INFINITY),
      'elu expects alpha to be a finite number but received Infinity (number)',
    ],
    [
      () => nn.softplus({ beta: Number.NaN }),
      'softplus expects beta to be a finite number but received NaN (number)',
    ],
    [
      () => nn.prelu({ numParameters: 0 }),
      'prelu expects numParameters to be a positive integer but received 0 (number)',
    ],
    [() => nn.softmax(0.5), 'softmax expects dim to be an integer but received 0.5 (number)'],
  ])('refuse bad options (%#)', (make, message) => {
    expect(make).toThrow(usage(message));
  });

  test('gelu refuses an unknown approximation', () => {
    const options: object = { approximate: 'erf' };
    expect(() => nn.gelu(options)).toThrow(
      usage("gelu expects approximate to be one of 'none', 'tanh' but received 'erf' (string)"),
    );
  });

  testLayers('nn/activation');
});
