import * as nn from '../../src/nn';
import { tensor } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { expectClose } from '../support/close';
import { usage } from '../support/failure';
import { testLayers } from '../support/layer-cases';

describe('minibatchDiscrimination', () => {
  test.each([
    [0, {}, 'inFeatures to be a positive integer but received 0 (number)'],
    [3, { features: 0 }, 'features to be a positive integer but received 0 (number)'],
    [3, { dimensions: 1.5 }, 'dimensions to be a positive integer but received 1.5 (number)'],
  ])('refuses %p features with %p', (inFeatures, options, message) => {
    expect(() => nn.minibatchDiscrimination(inFeatures, options)).toThrow(
      usage(`minibatchDiscrimination expects ${message}`),
    );
  });

  test('counts the batch where all of it is the same, and hardly more than itself where nothing is', () => {
    const layer = nn.minibatchDiscrimination(2, { features: 3, dimensions: 2 });
    scope(() => {
      const same = layer.forward(
        tensor([
          [1, 2],
          [1, 2],
          [1, 2],
          [1, 2],
        ]),
      );
      expectClose(
        same.narrow(1, { start: 2, length: 3 }),
        tensor([
          [4, 4, 4],
          [4, 4, 4],
          [4, 4, 4],
          [4, 4, 4],
        ]),
      );
      const apart = layer.forward(
        tensor([
          [1e6, 2],
          [-1e6, 5],
        ]),
      );
      expectClose(
        apart.narrow(1, { start: 2, length: 3 }),
        tensor([
          [1, 1, 1],
          [1, 1, 1],
        ]),
      );
    });
    layer.dispose();
  });

  testLayers('nn/minibatch_discrimination');
});
