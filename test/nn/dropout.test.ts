import * as nn from '../../src/nn';
import { ones } from '../../src/tensor/create';
import { manualSeed } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import { usage } from '../support/failure';
import { testLayers } from '../support/layer-cases';

describe('dropout', () => {
  test.each([
    [-0.1, 'dropout expects p to be a number between 0 and 1 but received -0.1 (number)'],
    [1.5, 'dropout expects p to be a number between 0 and 1 but received 1.5 (number)'],
    [Number.NaN, 'dropout expects p to be a number between 0 and 1 but received NaN (number)'],
  ])('refuses the probability %p', (p, message) => {
    expect(() => nn.dropout(p)).toThrow(usage(message));
  });

  test('zeroes about p of the elements and scales the others by 1 / (1 - p)', () =>
    scope(() => {
      manualSeed(1);
      const values = Array.from(
        nn
          .dropout(0.25)
          .forward(ones([10_000]))
          .toTypedArray(),
        Number,
      );
      const kept = values.filter((value) => value !== 0);
      expect(new Set(kept)).toEqual(new Set([Math.fround(4 / 3)]));
      // Five standard deviations of a binomial distribution.
      expect(Math.abs(kept.length - 7_500)).toBeLessThan(5 * Math.sqrt(10_000 * 0.25 * 0.75));
    }));

  test('draws anew in every pass, and the same again from the same seed', () =>
    scope(() => {
      const layer = nn.dropout(0.5);
      manualSeed(2);
      const [first, second] = [layer.forward(ones([100])), layer.forward(ones([100]))];
      manualSeed(2);
      expect(first.equal(second)).toBe(false);
      expect(layer.forward(ones([100])).equal(first)).toBe(true);
    }));

  testLayers('nn/dropout');
});
