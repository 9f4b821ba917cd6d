import * as nn from '../../src/nn';
import { randn } from '../../src/tensor/create';
import { manualSeed } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import { expectClose } from '../support/close';
import { failure, usage } from '../support/failure';
import { testLayers } from '../support/layer-cases';

describe('batchNorm1d and batchNorm2d', () => {
  test.each([
    [0, {}, 'numFeatures to be a positive integer but received 0 (number)'],
    [3, { eps: -1 }, 'eps to be a number of at least 0 but received -1 (number)'],
    [3, { momentum: 2 }, 'momentum to be a number between 0 and 1 but received 2 (number)'],
  ])('refuse %p features with %p', (features, options, message) => {
    expect(() => nn.batchNorm1d(features, options)).toThrow(usage(`batchNorm1d expects ${message}`));
    expect(() => nn.batchNorm2d(features, options)).toThrow(usage(`batchNorm2d expects ${message}`));
  });

  test('say what input they take', () => {
    const [flat, images] = [nn.batchNorm1d(3), nn.batchNorm2d(3)];
    scope(() => {
      expect(() => images.forward(randn([4, 3]))).toThrow(
        failure('ERR_SHAPE', 'BatchNorm2d: expected [N, C, H, W] but received [4, 3]'),
      );
      expect(() => flat.forward(randn([4, 3, 2, 2]))).toThrow(
        failure('ERR_SHAPE', 'BatchNorm1d: expected [N, C] or [N, C, L] but received [4, 3, 2, 2]'),
      );
      expect(() => flat.forward(randn([1, 3]))).toThrow(
        failure('ERR_SHAPE', 'more than one value per channel'),
      );
      expect(flat.eval().forward(randn([1, 3])).shape).toEqual([1, 3]);
    });
    for (const layer of [flat, images]) layer.dispose();
  });

  test('when frozen in training, normalise with the batch and leave the running statistics alone', () => {
    const layer = nn.batchNorm2d(3);
    scope(() => {
      manualSeed(0);
      const input = randn([4, 3, 5, 5]).mul(3).add(2);
      const free = layer.forward(input);
      const before = layer.buffers().map((buffer) => buffer.clone());
      layer.freeze();
      expectClose(layer.forward(input.add(7)), free, { relative: 1e-5 });
      for (const [index, buffer] of layer.buffers().entries()) expect(buffer.equal(before[index])).toBe(true);
      layer.unfreeze().forward(input);
      expect(layer.numBatchesTracked?.item()).toBe(2);
      expect(layer.runningMean?.equal(before[0])).toBe(false);
    });
    layer.dispose();
  });

  test('when frozen at rest, use the running statistics', () => {
    const layer = nn.batchNorm1d(2).eval();
    scope(() => {
      const input = randn([4, 2]);
      const free = layer.forward(input);
      expect(layer.freeze().forward(input).equal(free)).toBe(true);
      expectClose(free, input, { relative: 1e-4 });
    });
    layer.dispose();
  });

  testLayers('nn/batch_norm');
});
