import * as nn from '../../src/nn';
import { randn } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { usage } from '../support/failure';
import { testLayers } from '../support/layer-cases';

describe('layerNorm, groupNorm and instanceNorm2d', () => {
  test.each([
    [
      () => nn.layerNorm([3, 0]),
      'layerNorm expects normalizedShape to be a positive integer but received 0 (number)',
    ],
    [
      () => nn.layerNorm(3, { eps: Number.NaN }),
      'layerNorm expects eps to be a number of at least 0 but received NaN',
    ],
    [
      () => nn.groupNorm(0, 4),
      'groupNorm expects numGroups to be a positive integer but received 0 (number)',
    ],
    [
      () => nn.groupNorm(3, 4),
      'groupNorm expects numChannels to be divisible by its 3 groups but received 4 (number)',
    ],
    [
      () => nn.instanceNorm2d(-2),
      'instanceNorm2d expects numFeatures to be a positive integer but received -2 (number)',
    ],
    [
      () => nn.instanceNorm2d(2, { momentum: -1 }),
      'instanceNorm2d expects momentum to be a number between 0 and 1 but received -1 (number)',
    ],
  ])('refuse bad options (%#)', (make, message) => {
    expect(make).toThrow(usage(message));
  });

  test('an instance norm that is frozen leaves its running statistics alone', () => {
    const layer = nn.instanceNorm2d(2, { trackRunningStats: true });
    scope(() => {
      const before = layer.buffers().map((buffer) => buffer.clone());
      layer.freeze().forward(randn([3, 2, 4, 4]).add(5));
      for (const [index, buffer] of layer.buffers().entries()) expect(buffer.equal(before[index])).toBe(true);
      layer.unfreeze().forward(randn([3, 2, 4, 4]).add(5));
      expect(layer.runningMean?.equal(before[0])).toBe(false);
    });
    layer.dispose();
  });

  testLayers('nn/normalization');
});
