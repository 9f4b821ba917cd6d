import { deviationOf, errorOfMean, meanOf } from '../../src/metrics/statistics';

test('the mean and the deviations of some values', () => {
  const values = [1, 3, 5, 7];
  expect(meanOf(values)).toBe(4);
  expect(deviationOf(values)).toBe(Math.sqrt(5));
  expect(deviationOf(values, { correction: 1 })).toBe(Math.sqrt(20 / 3));
  expect(errorOfMean(values)).toBeCloseTo(Math.sqrt(20 / 3 / 4), 15);
});

test('a single value does not deviate', () => {
  expect(deviationOf([3])).toBe(0);
  expect(errorOfMean(Float64Array.of(3))).toBe(0);
});
