import * as nn from '../../src/nn';
import { usage } from '../support/failure';
import { testLayers } from '../support/layer-cases';

describe('pooling', () => {
  const size = 'to be an integer of at least 1, or two of them but received';
  test.each([
    [() => nn.maxPool2d(0), `maxPool2d expects kernelSize ${size} 0 (number)`],
    [() => nn.maxPool2d(2, { stride: [1, 0] }), `maxPool2d expects stride ${size} [1, 0] (array)`],
    [() => nn.avgPool2d(1.5), `avgPool2d expects kernelSize ${size} 1.5 (number)`],
    [
      () => nn.avgPool2d(2, { padding: -1 }),
      'avgPool2d expects padding to be an integer of at least 0, or two of them but received -1 (number)',
    ],
    [() => nn.adaptiveAvgPool2d(0), `adaptiveAvgPool2d expects outputSize ${size} 0 (number)`],
  ])('refuses bad options (%#)', (make, message) => {
    expect(make).toThrow(usage(message));
  });

  testLayers('nn/pool');
});
