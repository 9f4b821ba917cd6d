import { union } from '../../src/report/profile-intervals';

test('the union of intervals counts no moment twice', () => {
  const intervals = [
    { start: 10, duration: 5 },
    { start: 0, duration: 4 },
    { start: 1, duration: 1 },
    { start: 3, duration: 3 },
    { start: 12, duration: 1 },
  ];
  expect(union(intervals)).toEqual([
    { start: 0, duration: 6 },
    { start: 10, duration: 5 },
  ]);
  expect(union([])).toEqual([]);
});
