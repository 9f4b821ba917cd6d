import { median, ratios, summarize } from '../../benchmarks/statistics';

test('there is no median of nothing', () => {
  expect(() => median([])).toThrow('at least one value');
});

test('the median is the middle value, or the mean of the two in the middle, whatever the order', () => {
  expect(median([7])).toBe(7);
  expect(median([10, 1, 2])).toBe(2);
  expect(median([10, 1, 2, 4])).toBe(3);
});

test('numbers are sorted as numbers', () => {
  expect(median([9, 10, 100])).toBe(10);
});

test('a summary has the smallest and the largest value', () => {
  expect(summarize([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
});

test('ratios are formed round by round, and a round that one lacks is left out', () => {
  expect(ratios([10, undefined, 30, 40], [5, 5, 10, undefined])).toEqual([2, 3]);
});
