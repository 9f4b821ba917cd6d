import * as nn from '../../src/nn';
import { arange } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { failure, usage } from '../support/failure';
import { testLayers } from '../support/layer-cases';

describe('flatten, unflatten, reshape and pixel shuffles', () => {
  const sizes = 'to be an array of sizes (one may be -1) but received';
  test.each([
    [
      () => nn.flatten({ startDim: 0.5 }),
      'flatten expects startDim to be an integer but received 0.5 (number)',
    ],
    [() => nn.unflatten(1, [2, -3]), `unflatten expects sizes ${sizes} [2, -3] (array)`],
    [() => nn.reshape([1.5]), `reshape expects shape ${sizes} [1.5] (array)`],
    [
      () => nn.pixelShuffle(0),
      'pixelShuffle expects upscaleFactor to be a positive integer but received 0 (number)',
    ],
    [
      () => nn.pixelUnshuffle(0.5),
      'pixelUnshuffle expects downscaleFactor to be a positive integer but received 0.5',
    ],
  ])('refuse bad options (%#)', (make, message) => {
    expect(make).toThrow(usage(message));
  });

  test('reshape keeps the batch and orders elements row by row', () =>
    scope(() => {
      const output = nn.reshape([3, 1, 2]).forward(arange({ end: 12 }).reshape([2, 6]));
      expect(output.toArray()).toEqual([
        [[[0, 1]], [[2, 3]], [[4, 5]]],
        [[[6, 7]], [[8, 9]], [[10, 11]]],
      ]);
    }));

  test('reshape names itself where the elements do not fit', () =>
    scope(() => {
      expect(() => nn.reshape([4]).forward(arange({ end: 6 }).reshape([2, 3]))).toThrow(
        failure('ERR_TORCH', 'Reshape: '),
      );
    }));

  testLayers('nn/shape');
});
