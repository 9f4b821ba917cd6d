import { tensor } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { nearestDistance } from '../../src/training/nearest-distance';

/** Images of one grey each, 1×2×2. */
const greys = (...values: number[]) =>
  nearestDistance(
    scope(() =>
      tensor(
        values.map((v) => [
          [
            [v, v],
            [v, v],
          ],
        ]),
      ),
    ),
  );

test('the mean distance from the image most like each', () => {
  // 0 and 0.1 are each other’s, 1 is 0.9 from 0.1, in each of four pixels.
  expect(scope(() => greys(0, 0.1, 1))).toBeCloseTo((2 * (0.1 + 0.1 + 0.9)) / 3, 6);
});

test('is 0 of equal images, however few differ among them', () => {
  expect(scope(() => greys(0.5, 0.5, 0.5, 0.5))).toBeCloseTo(0, 6);
  expect(scope(() => greys(0.5, 0.5, -0.5, -0.5))).toBeCloseTo(0, 6);
});
