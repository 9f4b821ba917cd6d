import { nearestIndex, smooth } from '../../../../src/report/page/chart/chart';

test('smoothing a constant changes nothing, from its first value on', () => {
  for (const value of smooth([3, 3, 3, 3], 0.9)) expect(value).toBeCloseTo(3, 12);
});

test('smoothing weighs the past and corrects for its start', () => {
  // w = 1/2: s = 1/2·0, then (1/2·0 + 1/2·1) over 1/2 and 3/4.
  expect(smooth([0, 1], 0.5)).toEqual([0, 2 / 3]);
});

test('smoothing keeps gaps, and does not let them count', () => {
  expect(smooth([0, null, 1], 0.5)).toEqual([0, null, 2 / 3]);
});

test('a weight of nothing gives the values as they are', () => {
  expect(smooth([1, null, 5], 0)).toEqual([1, null, 5]);
});

test.each([
  [[], 5, -1],
  [[7], 5, 0],
  [[0, 10, 20], -5, 0],
  [[0, 10, 20], 4, 0],
  [[0, 10, 20], 5, 0],
  [[0, 10, 20], 6, 1],
  [[0, 10, 20], 16, 2],
  [[0, 10, 20], 99, 2],
  [[0, 10], 9, 1],
])('in %j the nearest to %d is at %d', (values, x, index) => {
  expect(nearestIndex(values, x)).toBe(index);
});
