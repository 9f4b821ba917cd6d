import * as nn from '../../src/nn';
import { usage } from '../support/failure';
import { testLayers } from '../support/layer-cases';

describe('pixelNorm', () => {
  test('refuses a negative eps', () => {
    expect(() => nn.pixelNorm({ eps: -1 })).toThrow(
      usage('pixelNorm expects eps to be a number of at least 0 but received -1 (number)'),
    );
  });

  testLayers('nn/pixel_norm');
});
