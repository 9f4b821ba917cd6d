import { evenly, thin } from '../../../src/report/page/thin';

const curveOf = (y: (number | null)[]) => ({ x: y.map((_, at) => at * 10), y });

test('a curve that is short enough stays as it is', () => {
  const curve = curveOf([1, null, 3]);
  expect(thin(curve, 3)).toBe(curve);
});

test('a long one keeps its ends, every spike, and the order of its steps', () => {
  const values = Array.from({ length: 25_000 }, (_, at) => Math.sin(at));
  values[12_345] = 99;
  values[777] = -99;
  const { x, y } = thin(curveOf(values), 1_000);
  expect(x.length).toBeLessThanOrEqual(1_000);
  expect(x.length).toBeGreaterThan(900);
  expect([x[0], x.at(-1)]).toEqual([0, 249_990]);
  expect([y[x.indexOf(123_450)], y[x.indexOf(7_770)]]).toEqual([99, -99]);
  expect([...x].sort((a, b) => a - b)).toEqual(x);
});

test('a long stretch without values stays a gap', () => {
  const values = Array.from({ length: 4_000 }, (_, at) => (at >= 1_000 && at < 3_000 ? null : 1));
  const { y } = thin(curveOf(values), 100);
  expect(y.slice(20, 30)).toContain(null);
  expect(y.filter((value) => value === 1).length).toBeGreaterThan(20);
});

test.each([
  [5, 5, [0, 1, 2, 3, 4]],
  [5, 9, [0, 1, 2, 3, 4]],
  [101, 3, [0, 50, 100]],
  [10, 2, [0, 9]],
  [0, 4, []],
  [1, 2, [0]],
])('of %d things %d are chosen evenly, first and last among them', (count, wanted, places) => {
  expect(evenly(count, wanted)).toEqual(places);
});
