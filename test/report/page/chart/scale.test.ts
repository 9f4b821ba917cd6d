import {
  formatReading,
  formatTick,
  linearScale,
  linearTicks,
  logScale,
  logTicks,
} from '../../../../src/report/page/chart/scale';

test.each([
  [0, 1, 5, [0, 0.2, 0.4, 0.6, 0.8, 1]],
  [0, 0.3, 3, [0, 0.1, 0.2, 0.3]],
  [-3, 7, 5, [-2, 0, 2, 4, 6]],
  [937, 18_740, 4, [5_000, 10_000, 15_000]],
])('from %d to %d about %d ticks are multiples of 1, 2 or 5', (low, high, count, ticks) => {
  expect(linearTicks(low, high, count)).toEqual(ticks);
});

test.each([
  [1, 1_000, 4, [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000]],
  [1e-6, 1e3, 5, [1e-6, 1e-4, 1e-2, 1, 100]],
  [2.2, 2.8, 3, [2.2, 2.4, 2.6, 2.8]],
])('from %d to %d about %d logarithmic ticks', (low, high, count, ticks) => {
  expect(logTicks(low, high, count)).toEqual(ticks);
});

test('a linear scale maps its ends to its pixels, and back', () => {
  const scale = linearScale({ domain: [10, 30], pixels: [200, 0], count: 4 });
  expect([10, 20, 30].map(scale.at)).toEqual([200, 100, 0]);
  expect(scale.invert(50)).toBe(25);
});

test('a logarithmic scale maps equal ratios to equal lengths, and has no place for 0', () => {
  const scale = logScale({ domain: [1, 100], pixels: [0, 80], count: 4 });
  expect([1, 10, 100].map(scale.at)).toEqual([0, 40, 80]);
  expect(scale.invert(40)).toBeCloseTo(10, 12);
  expect([0, -1].map(scale.at)).toEqual([Number.NaN, Number.NaN]);
});

test.each([
  [0, '0', '0'],
  [0.005, '0.005', '0.005000'],
  [12_500, '12,500', '12,500'],
  [-2.5, '−2.5', '−2.500'],
  [1e-7, '1e-7', '1.00e-7'],
])('%d is the tick %s and the reading %s', (value, tick, reading) => {
  expect([formatTick(value), formatReading(value)]).toEqual([tick, reading]);
});
