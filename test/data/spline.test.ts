import { walkSpline } from '../../src/data/spline';

function walk(
  points: [number, number][],
  { start = 0, end = points.length - 1, tolerance = 0.01 } = {},
): [number, number, number][] {
  const walked: [number, number, number][] = [];
  const control = { x: Float64Array.from(points, ([x]) => x), y: Float64Array.from(points, ([, y]) => y) };
  walkSpline(control, { start, end, tolerance }, (x, y, at) => walked.push([x, y, at]));
  return walked;
}

describe('walkSpline', () => {
  test('goes through every control point, from the first to the last, in order', () => {
    const points: [number, number][] = [
      [0, 0],
      [3, 8],
      [20, 9],
      [21, 9],
      [5, -4],
    ];
    const walked = walk(points);
    for (const [i, [x, y]] of points.entries()) {
      const found = walked.find(([, , at]) => at === i);
      expect(found?.[0]).toBeCloseTo(x, 9);
      expect(found?.[1]).toBeCloseTo(y, 9);
    }
    const places = walked.map(([, , at]) => at);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(new Set(places).size).toBe(places.length);
  });

  test('keeps to a part of the points', () => {
    const walked = walk(
      [
        [0, 0],
        [1, 5],
        [2, 0],
        [3, 5],
      ],
      { start: 1, end: 2 },
    );
    expect(walked[0]).toEqual([1, 5, 1]);
    // Nothing beyond its ends bends a part: two points are joined straight.
    for (const [x, y] of walked) expect(y).toBeCloseTo(10 - 5 * x, 9);
  });

  test('stays straight between points on a line, and does not overshoot them', () => {
    for (const [x, y] of walk([
      [0, 0],
      [1, 2],
      [10, 20],
      [11, 22],
    ])) {
      expect(y).toBeCloseTo(2 * x, 9);
      expect(x).toBeGreaterThanOrEqual(-1e-9);
      expect(x).toBeLessThanOrEqual(11 + 1e-9);
    }
  });

  test('takes more steps for a smaller tolerance, and stays near a circle', () => {
    const circle = Array.from({ length: 17 }, (_, i): [number, number] => [
      10 * Math.cos((i * Math.PI) / 8),
      10 * Math.sin((i * Math.PI) / 8),
    ]);
    const fine = walk(circle, { tolerance: 0.001 });
    expect(fine.length).toBeGreaterThan(2 * walk(circle, { tolerance: 0.1 }).length);
    // The first and the last piece have a free end.
    for (const [x, y, at] of fine)
      if (at >= 1 && at <= 15) expect(Math.abs(Math.hypot(x, y) - 10)).toBeLessThan(0.05);
  });

  test('survives points that coincide', () => {
    for (const [x, y] of walk([
      [1, 1],
      [1, 1],
      [1, 1],
      [2, 1],
    ]))
      expect(Number.isFinite(x + y)).toBe(true);
  });
});
